// The page: its head and foot, and how map, controls, card and tables work together.

function drawHead(raw) {
  const { kicker, title, lead, figures, notice } = raw.head;
  fill(byId("tete"),
    el("p", { class: "kicker" }, kicker),
    el("h1", {}, typed(title)),
    notice ? el("p", { class: "notice" }, notice) : null,
    lead.map((sentence) => el("p", { class: "lead" }, typed(sentence))),
    el("ul", { class: "figures" }, figures.map(({ value, label }) =>
      el("li", {}, el("strong", {}, value), el("span", {}, label)))));
  fill(byId("pied"), raw.sources.map((source) => el("p", {}, source)),
    el("p", {}, "Carte : Leaflet 1.9.4 (BSD-2-Clause). Page produite par Placarde."));
}

function dressMap(map, tiles) {
  L.control.attribution({ prefix: false }).addTo(map);
  L.control.zoom({ zoomInTitle: "Agrandir", zoomOutTitle: "Réduire" }).addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.attributionControl.addAttribution("Limites : © IGN, INSEE");
  tiles.setOpacity(0.75);
}

/** Return what a choice anywhere on the page does to the map. */
function makeActions(model, map, { zones, tour, card, chooser }) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const toMap = () => byId("atlas-titre").scrollIntoView({ behavior: calm ? "auto" : "smooth" });
  const fly = (bounds, maxZoom) => map.fitBounds(bounds, { maxZoom, padding: [24, 24], animate: !calm });
  const actions = {
    zone(index) {
      const zone = model.zones[index];
      const filtered = model.raw.zones.filter.includes(index);
      zones.outline(index);
      chooser.show(filtered ? index : -1);
      choose(model, { zone: filtered ? index : -1 });
      fly(index < 0 ? zones.bounds() : zoneBounds(zone), 13);
      if (index >= 0) { toMap(); card.zone(zone); } else card.close();
    },
    venue(which) {
      const venue = typeof which === "number" ? tour.venues[which] : which;
      toMap();
      map.setView(venue.at, Math.max(map.getZoom(), 11), { animate: !calm });
      card.venue(venue);
    },
    series(index) {
      model.filters.series.clear();
      model.filters.series.add(index);
      choose(model, {});
      toMap();
      const at = model.postings.filter(({ series }) => series === index).map(({ place }) => place.at);
      if (at.length) fly(L.latLngBounds(at), 12);
    },
    face(place) {
      toMap();
      map.setView(place.at, Math.max(map.getZoom(), 13), { animate: !calm });
      card.face(place);
    },
  };
  return actions;
}

function drawStatus(model) {
  model.listeners.push(({ postings, byPlace, unused }) => {
    const parts = [];
    if (model.filters.show !== "unused") {
      parts.push(`${counted(postings.length, "affichage", "affichages")} sur ${counted(byPlace.size, "face", "faces")}`);
    }
    if (model.filters.show !== "posted") parts.push(counted(unused.length, "face non utilisée", "faces non utilisées"));
    byId("etat").textContent = parts.join(", ");
  });
}

function layersOf(map, { tiles, names, tour }) {
  const toggle = (layer) => (on) => (on ? layer.addTo(map) : layer.remove());
  return [
    ["Exposition itinérante", toggle(tour.group)],
    ["Noms des lieux", (on) => { map.getPane("names").hidden = !on; names.write(); }],
    ["Fond de carte IGN (connexion)", toggle(tiles)],
  ];
}

/** Return what two boxes have in common, else the first. */
function common(a, b) {
  if (!a.intersects(b)) return a;
  return L.latLngBounds(
    [Math.max(a.getSouth(), b.getSouth()), Math.max(a.getWest(), b.getWest())],
    [Math.min(a.getNorth(), b.getNorth()), Math.min(a.getEast(), b.getEast())]);
}

/** On paper the map takes the width of the sheet and shows what it showed of the ground. */
function followPrinting(map, ground) {
  const frame = map.getContainer().parentElement;
  let view = null;
  window.addEventListener("beforeprint", () => {
    view = map.getBounds();
    frame.classList.add("printing");
    map.invalidateSize({ animate: false });
    map.fitBounds(common(view, ground), { animate: false, padding: [8, 8] });
  });
  window.addEventListener("afterprint", () => {
    frame.classList.remove("printing");
    map.invalidateSize({ animate: false });
    if (view) map.fitBounds(view, { animate: false });
  });
}

/** Start the page: Folium's script calls this with its map and its background tiles. */
function start(map, tiles) {
  const model = readModel(JSON.parse(byId("donnees").textContent));
  const actions = {};
  drawHead(model.raw);
  dressMap(map, tiles);
  const card = makeCard(model);
  const zones = drawZones(model, map);
  const faces = drawFaces(model, map, { onChoose: card.face });
  const tour = drawTour(model, map, { onChoose: card.venue });
  const names = drawNames(model, map, () => tour.venues.filter(({ mark, depot }) => mark || depot).map(({ at }) => at));
  const chooser = zoneChoice(model, (index) => actions.zone(index));
  Object.assign(actions, makeActions(model, map, { zones, tour, card, chooser }));
  // The blank tile that stands in for one that cannot be had is loaded, too.
  tiles.on("tileload", ({ tile }) => tile.src.startsWith("data:") || zones.letTilesThrough());
  map.on("click", (event) => {
    const zone = zoneAt(model, event.latlng);
    if (zone) card.zone(zone);
  });
  fill(byId("reglages"),
    makeSearch(entriesOf(model, tour.venues), actions),
    stateChoice(model), periodChoice(model), chooser.node, seriesChoice(model));
  fill(byId("couches"), layerChoice(layersOf(map, { tiles, names, tour })));
  fill(byId("legende"), key(model));
  drawStatus(model);
  makeSections(model, actions);
  followPrinting(map, zones.bounds());
  choose(model, {});
  api.drawn = () => ({ zones: zones.count(), faces: faces.faces(), signs: faces.signs(), stops: tour.count(), legs: model.raw.tour.legs.length });
  api.pixelOf = (index) => map.latLngToContainerPoint(model.places[index].at);
  document.documentElement.dataset.ready = "true";
}

const api = { start };
