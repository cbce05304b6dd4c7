// The names of zones on the map: those that fit, the most populous first; those of sequences always.

// The longest line of a name, as the style has it, and pixels to the edge of the map.
const NAME_WIDTH_EM = 16;
const NAME_EDGE = 4;
// Off a sign on the same point: half of it, and the least shift of a name of one line.
const SIGN = 14;
const LEAST_SHIFT = 24;
// Away from the middle of a large zone and still inside it, nearest first.
const FAR_SHIFTS = [0, 24, -24, 48, -48, 72, -72, 96, -96, 120, -120]
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
  const sizeOf = makeNameSizes();
  const write = () => {
    pane.replaceChildren();
    const zoom = map.getZoom();
    const taken = [...signs().map((at) => boxAround(map.latLngToLayerPoint(at), 15, SIGN)), ...controlBoxes(map)];
    const view = map.getBounds();
    for (const zone of candidates) {
      const coarse = zone.sequence || (zone.level === main && main !== model.finest);
      if (coarse ? zoom > 11 : zoom < 9.5) continue;
      if (!view.contains(zone.at)) continue;
      placeName(map, pane, zone, { coarse, taken, size: sizeOf(zone, coarse) });
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

/** Return where the buttons, the scale and the credits stand over the map. */
function controlBoxes(map) {
  const frame = map.getContainer().getBoundingClientRect();
  return [...map.getContainer().querySelectorAll(".leaflet-control")].map((control) => {
    const { left, top, right, bottom } = control.getBoundingClientRect();
    const [first, last] = [[left, top], [right, bottom]].map(([x, y]) => map.containerPointToLayerPoint([x - frame.left, y - frame.top]));
    return [first.x, first.y, last.x, last.y];
  });
}

/** Return by how many square pixels a box covers others. */
function covered(box, taken) {
  return taken.reduce((sum, other) => sum +
    Math.max(0, Math.min(box[2], other[2]) - Math.max(box[0], other[0])) *
    Math.max(0, Math.min(box[3], other[3]) - Math.max(box[1], other[1])), 0);
}

/** Return what gives half the width and half the height of a name in pixels; a long one takes several
 * lines. */
function makeNameSizes() {
  const ctx = el("canvas").getContext("2d");
  const { fontFamily } = getComputedStyle(document.body);
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const sizes = new Map();
  const measured = (name, coarse) => {
    const em = (coarse ? 0.8125 : 0.75) * rem;
    ctx.font = `${coarse ? 700 : 600} ${em}px ${fontFamily}`;
    const width = ctx.measureText(name).width + (coarse ? 0.03 * em * name.length : 0);
    const most = NAME_WIDTH_EM * em;
    // Lines break at spaces, so that they are not full.
    const lines = width <= most ? 1 : Math.ceil(width / (0.8 * most));
    return [Math.min(width, most) / 2 + 1, (lines * 1.15 * em) / 2];
  };
  return ({ name }, coarse) => {
    const key = `${coarse ? 1 : 0}${name}`;
    if (!sizes.has(key)) sizes.set(key, measured(name, coarse));
    return sizes.get(key);
  };
}

/** Write a name on its point, else near it, else not at all; that of a sequence where it covers least
 * of what is there, inside its zone. No name goes over the edge of the map. */
function placeName(map, pane, zone, { coarse, taken, size }) {
  const at = map.latLngToLayerPoint(zone.at);
  const air = coarse || map.getZoom() > 11.5 ? 4 : 16;
  const [halfWidth, halfHeight] = size;
  const boxAt = (point) => boxAround(point, halfWidth + air, halfHeight + air);
  const [first, last] = [[0, 0], map.getSize()].map((corner) => map.containerPointToLayerPoint(corner));
  const within = (v, low, high) => Math.max(low, Math.min(high, v));
  const inside = ({ x, y }) => L.point(
    within(x, first.x + halfWidth + NAME_EDGE, last.x - halfWidth - NAME_EDGE), within(y, first.y + halfHeight + NAME_EDGE, last.y - halfHeight - NAME_EDGE));
  const aside = Math.max(LEAST_SHIFT, Math.ceil(halfHeight + air + SIGN));
  const owned = (point) => holds(zone.zone || zone, map.layerPointToLatLng(point));
  const near = zone.sequence ? [at] : [0, aside, -aside].map((dy) => at.add([0, dy]));
  const far = coarse ? FAR_SHIFTS.map((shift) => at.add(shift)).filter(owned) : [];
  const points = [...near, ...far].map(inside);
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
