// The page: its head and foot, and how map, controls, card and tables work together.

function drawHead(raw) {
  const { kicker, title, place, lead, figures, notice } = raw.head;
  fill(byId("tete"),
    el("p", { class: "kicker" }, kicker),
    el("h1", {}, typed(title), place ? el("span", { class: "place" }, typed(place)) : null),
    notice ? el("p", { class: "notice" }, notice) : null,
    lead.map((sentence) => el("p", { class: "lead" }, typed(sentence))),
    el("ul", { class: "figures" }, figures.map(({ value, label }) =>
      el("li", {}, el("strong", {}, value), el("span", {}, label)))),
    el("p", { class: "paper-only", id: "feuille" }));
  fill(byId("pied"), raw.sources.map((source) => el("p", {}, source)),
    el("p", {}, `Carte${NBSP}: Leaflet 1.9.4 (BSD-2-Clause). Page produite par Placarde.`));
}

function dressMap(map, tiles) {
  L.control.attribution({ prefix: false }).addTo(map);
  L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl.addAttribution(`Limites${NBSP}: © IGN, INSEE`);
  for (const layer of Object.values(tiles)) {
    layer.setOpacity(0.75);
    flattenTiles(layer);
    // Leaflet takes the credit away only of layers that came after its control.
    if (map.hasLayer(layer)) layer.once("remove", () => map.attributionControl.removeAttribution(layer.getAttribution()));
  }
}

/** Return how much of the map the card covers at its right and at its bottom, in pixels. */
function cardOver(map) {
  const { offsetWidth: width, offsetHeight: height } = byId("fiche");
  const { x, y } = map.getSize();
  return width > x / 2 ? [0, Math.min(height, y - 120)] : [Math.min(width + 12, x - 120), 0];
}

/** Return what a choice anywhere on the page does to the map. */
function makeActions(model, map, { zones, tour, card, forget }) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const toMap = () => byId("atlas-titre").scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  // Beside the card, or over it where it is as wide as the map.
  const fly = (bounds, maxZoom) => {
    forget();
    const [right, bottom] = cardOver(map);
    map.fitBounds(bounds, { maxZoom, paddingTopLeft: [24, 24], paddingBottomRight: [right + 24, bottom + 24], animate: !calm });
  };
  const near = (at, zoom) => fly(L.latLngBounds([at, at]), Math.max(map.getZoom(), zoom));
  return {
    zone(index, { quiet = false } = {}) {
      const zone = model.zones[index];
      zones.outline(index);
      choose(model, { zone: index });
      if (index < 0) card.close();
      else card.zone(zone);
      fly(index < 0 ? zones.bounds() : zoneBounds(zone), 13);
      if (index >= 0 && (!quiet || window.scrollY === 0)) toMap();
    },
    venue(which) {
      const venue = typeof which === "number" ? tour.venues[which] : which;
      toMap();
      card.venue(venue);
      near(venue.at, 11);
    },
    series(index) {
      choose(model, { series: new Set([index]) });
      toMap();
      const at = model.postings.filter(({ series }) => series === index).map(({ place }) => place.at);
      if (at.length) fly(L.latLngBounds(at), 12);
    },
    face(place) {
      toMap();
      card.face(place);
      near(place.at, 13);
    },
  };
}

function drawStatus(model) {
  model.listeners.push(({ postings, byPlace, unused }) => {
    const { show, period } = model.filters;
    const parts = [];
    if (show !== "unused") {
      parts.push(`${counted(postings.length, ...model.raw.words.counted)} sur ${counted(byPlace.size, "face", "faces")}`);
    }
    if (show !== "posted") parts.push(counted(unused.length, "face non utilisée", "faces non utilisées"));
    const closed = closedSequences(model, period).map(({ zone }) => model.zones[zone].name);
    if (closed.length) parts.push(`rien dans cette vague : ${closed.join(", ")}`.replace(" :", `${NBSP}:`));
    byId("etat").textContent = parts.join(", ");
  });
}

function layersOf(model, map, { names, tour, sequences }) {
  const toggle = (layer) => (on) => (on ? layer.addTo(map) : layer.remove());
  return [
    ["Exposition itinérante", toggle(tour.group)],
    ["Noms des lieux", (on) => { map.getPane("names").hidden = !on; names.write(); }],
    ...(model.raw.zones.sequences.length ? [["Séquences", toggle(sequences)]] : []),
  ];
}

/** Return what draws a ring around the face whose card is open, null for none. */
function ringOn(map, renderer) {
  const ring = L.circleMarker([0, 0], { renderer, pane: "lines", className: "ring", radius: 16, fill: false, interactive: false });
  return (place) => (place ? ring.setLatLng(place.at).addTo(map) : ring.remove());
}

function drawMap(model, map, onRemark) {
  const renderer = drawingOn(map);
  const zones = drawZones(model, map, renderer);
  const card = makeCard(model, onRemark, ringOn(map, renderer));
  const sequences = drawSequences(model, map, renderer);
  const faces = drawFaces(model, map, zones.canvas);
  const tour = drawTour(model, map, { renderer, onChoose: card.venue });
  const names = drawNames(model, map, () => tour.venues.filter(({ mark, depot }) => mark || depot).map(({ at }) => at));
  followPointer(model, map, faces, { onFace: card.face, onZone: card.zone });
  return { card, zones, sequences, faces, tour, names };
}

/** Show the tiles under the zones once one has come; return what to do when others are chosen. */
function showTiles(map, tiles, zones) {
  const pane = map.getPane("tilePane");
  // The blank tile that stands in for one that cannot be had is loaded, too.
  const came = (tile) => !tile.src.startsWith("data:");
  const show = (some) => {
    pane.classList.toggle("empty", !some);
    zones.letTilesThrough(some);
  };
  for (const layer of Object.values(tiles)) layer.on("tileload", ({ tile }) => came(tile) && show(true));
  show([...pane.querySelectorAll(".leaflet-tile-loaded")].some(came));
  return () => show(false);
}

/** Keep the order of the document that of the eye, for the keyboard and for who listens: the choices stand
 * left of the map, and under it where the page is narrow (56rem in the style). */
function orderByWidth() {
  const [grid, stage, side] = [".atlas-grid", ".stage", ".side"].map((name) => document.querySelector(name));
  const narrow = window.matchMedia("screen and (max-width: 56rem)");
  const order = () => {
    const focused = document.activeElement;
    if (narrow.matches) grid.append(side);
    else grid.insertBefore(side, stage);
    if (side.contains(focused)) focused.focus({ preventScroll: true });
  };
  narrow.addEventListener("change", order);
  order();
}

/** The frame grows with the choices beside it, which come after the map: see the whole ground in it,
 * and follow it from then on. */
function fitFrame(map, ground) {
  keepOnPixels();
  map.invalidateSize({ animate: false });
  if (ground.isValid()) map.fitBounds(ground, { animate: false, padding: [16, 16] });
  const follow = new ResizeObserver(() => {
    if (!theme.printing) keepOnPixels();
    map.invalidateSize({ animate: false });
  });
  for (const node of [map.getContainer(), byId("tete"), document.querySelector(".bar")]) follow.observe(node);
}

/** Start the page: Folium's script calls this with its map and its background tiles. What it is about
 * is painted first. */
function start(map, tiles) {
  const raw = JSON.parse(byId("donnees").textContent);
  drawHead(raw);
  dressMap(map, tiles);
  window.setTimeout(() => fillPage(readModel(raw), map, tiles));
}

function fillPage(model, map, tiles) {
  const review = makeReview(model);
  const drawn = drawMap(model, map, review.ask);
  const address = {};
  const actions = makeActions(model, map, { ...drawn, forget: () => address.forget?.() });
  const background = backgroundChoice(map, tiles, showTiles(map, tiles, drawn.zones));
  fill(byId("reglages"),
    makeSearch(entriesOf(model, drawn.tour.venues), actions),
    stateChoice(model), periodChoice(model), zoneChoice(model, (index) => actions.zone(index)), formatChoice(model),
    seriesChoice(model, drawn.faces.brighten), background.node,
    el("div", { class: "buttons" }, screenButton(map), printButton("A4"), printButton("A3")));
  fill(byId("couches"), layerChoice(layersOf(model, map, drawn)));
  fill(byId("legende"), key(model));
  drawStatus(model);
  fill(byId("tableaux"), [...makeSections(model, actions, drawn.tour.venues), review.node]);
  orderByWidth();
  followPrinting(model, map, drawn.zones.bounds());
  // First the view, then the faces: each move would draw them again.
  fitFrame(map, drawn.zones.bounds());
  choose(model, {});
  Object.assign(address, keepAddress(model, map, { actions, background }));
  api.drawn = () => ({ zones: drawn.zones.count(), faces: drawn.faces.faces(), signs: drawn.faces.signs(), stops: drawn.tour.count(), legs: model.raw.tour.legs.length });
  api.pixelOf = (index) => map.latLngToContainerPoint(model.places[index].at);
  document.documentElement.dataset.ready = "true";
}

const api = { start };
