// The names of zones on the map: those that fit, the most populous first; those of sequences always.

const NAME_SHIFTS = [[0, 0], [0, 24], [0, -24]];
// Away from the middle of a sequence, nearest first: there is more room in it than in a zone.
const SEQUENCE_SHIFTS = [0, 24, -24, 48, -48, 72, -72, 96, -96, 120, -120]
  .flatMap((dy) => [0, 40, -40, 80, -80].map((dx) => [dx, dy]))
  .sort((a, b) => Math.hypot(...a) - Math.hypot(...b));

/** Write the names whenever the view has moved; `signs()` are the points that they must not cover. */
function drawNames(model, map, signs) {
  const pane = map.createPane("names");
  pane.style.zIndex = 450;
  pane.classList.add("names");
  const main = model.raw.zones.main;
  const own = model.zones
    .filter((zone) => zone.level === model.finest || zone.level === main)
    .sort((a, b) => a.level - b.level || b.weight - a.weight || a.index - b.index);
  const candidates = [...sequenceNames(model), ...own.filter(({ level }) => level === main), ...own.filter(({ level }) => level !== main)];
  const write = () => {
    pane.replaceChildren();
    const zoom = map.getZoom();
    const taken = signs().map((at) => boxAround(map.latLngToLayerPoint(at), 15, 14));
    const view = map.getBounds().pad(0.05);
    for (const zone of candidates) {
      const coarse = zone.sequence || (zone.level === main && main !== model.finest);
      if (coarse ? zoom > 11 : zoom < 9.5) continue;
      if (!view.contains(zone.at)) continue;
      placeName(map, pane, zone, { coarse, taken });
    }
  };
  map.on("moveend zoomend resize", write);
  map.on("zoomanim zoomstart", () => pane.replaceChildren());
  write();
  return { write };
}

/** Return what names each sequence on the map: the zone and its periods. */
function sequenceNames(model) {
  return model.raw.zones.sequences.map((sequence) => {
    const zone = model.zones[sequence.zone];
    return { name: sequenceLabel(model, sequence), at: zone.at, sequence, zone };
  });
}

function boxAround({ x, y }, halfWidth, halfHeight) {
  return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
}

/** Return by how many square pixels a box covers others. */
function covered(box, taken) {
  return taken.reduce((sum, other) => sum +
    Math.max(0, Math.min(box[2], other[2]) - Math.max(box[0], other[0])) *
    Math.max(0, Math.min(box[3], other[3]) - Math.max(box[1], other[1])), 0);
}

/** Write a name on its point, else near it, else not at all; that of a sequence where it covers least
 * of what is there, inside its zone. */
function placeName(map, pane, zone, { coarse, taken }) {
  const at = map.latLngToLayerPoint(zone.at);
  const air = coarse || map.getZoom() > 11.5 ? 4 : 16;
  const halfWidth = (zone.name.length * (coarse ? 8 : 6.6)) / 2 + air;
  const boxAt = (point) => boxAround(point, halfWidth, 5 + air);
  let points = (zone.sequence ? SEQUENCE_SHIFTS : NAME_SHIFTS).map((shift) => at.add(shift));
  if (zone.sequence) points = points.filter((point, i) => i === 0 || holds(zone.zone, map.layerPointToLatLng(point)));
  let best = points.find((point) => covered(boxAt(point), taken) === 0);
  if (!best && zone.sequence) best = points.reduce((a, b) => (covered(boxAt(b), taken) < covered(boxAt(a), taken) ? b : a));
  if (!best) return;
  taken.push(boxAt(best));
  const label = el("span", { class: `name ${coarse ? "name-coarse" : ""} ${zone.sequence ? "name-sequence" : ""}`, "aria-hidden": "true" }, zone.name);
  const anchor = el("span", { class: "name-anchor" }, label);
  // By margins in one cell of a grid: what is positioned or moved may become a layer of the compositor.
  Object.assign(anchor.style, { marginLeft: `${Math.round(best.x)}px`, marginTop: `${Math.round(best.y)}px` });
  pane.append(anchor);
}
