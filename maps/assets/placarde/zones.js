// The zones as background, their names, and which zone lies under a point.

const LINES = ["#22303c", "#5d6b76", "#98a2a9", "#ccd1d3"];
const TINTS = ["#f6f1e4", "#e6eef0", "#edf2e0", "#f6e9e1", "#ebe8f3"];

function lineStyle(model, level) {
  const fineness = model.finest - level;
  return {
    color: LINES[Math.max(0, LINES.length - 1 - fineness)],
    weight: [0.5, 1.3, 1.8, 2.2][Math.min(fineness, 3)],
  };
}

/** Draw every zone, coarse over fine; return what the filters and the tiles change about it. */
function drawZones(model, map) {
  map.createPane("zones").style.zIndex = 250;
  map.createPane("chosen").style.zIndex = 260;
  const canvas = L.canvas({ pane: "zones", padding: 0.3 });
  const ground = L.featureGroup().addTo(map);
  const lines = L.featureGroup().addTo(map);
  // `smoothFactor` 0: Leaflet would simplify each polygon by itself and tear common borders.
  const options = { renderer: canvas, pane: "zones", interactive: false, smoothFactor: 0 };
  const tinted = Math.min(model.raw.zones.main, model.finest);
  for (const zone of model.zones) {
    if (zone.level !== tinted) continue;
    const fillColor = TINTS[zone.index % TINTS.length];
    L.polygon(zone.rings, { ...options, stroke: false, fillColor, fillOpacity: 1 }).addTo(ground);
  }
  for (let level = model.finest; level >= 0; level--) {
    for (const zone of model.zones) {
      if (zone.level !== level) continue;
      const style = { ...options, ...lineStyle(model, level), fill: false };
      L.polygon(zone.rings, style).addTo(lines);
    }
  }
  const outline = L.featureGroup().addTo(map);
  const svg = L.svg({ pane: "chosen" });
  return {
    bounds: () => lines.getBounds(),
    count: () => lines.getLayers().length,
    letTilesThrough: () => ground.setStyle({ fillOpacity: 0.35 }),
    outline(index) {
      outline.clearLayers();
      if (index < 0) return;
      L.polygon(model.zones[index].rings, {
        renderer: svg, pane: "chosen", interactive: false, smoothFactor: 0,
        color: "#0b5566", weight: 3.5, fillColor: "#0b5566", fillOpacity: 0.07,
      }).addTo(outline);
    },
  };
}

function zoneBounds(zone) {
  return L.latLngBounds(zone.rings.flat(2));
}

/** Return the finest zone that holds a point, by the even-odd rule, or null. */
function zoneAt(model, { lat, lng }) {
  const inside = (ring) => ring.reduce((odd, [lat1, lng1], i) => {
    const [lat2, lng2] = ring[(i || ring.length) - 1];
    const crosses = (lat1 > lat) !== (lat2 > lat) &&
      lng < ((lng2 - lng1) * (lat - lat1)) / (lat2 - lat1) + lng1;
    return crosses ? !odd : odd;
  }, false);
  const holds = (zone) => zone.rings.some((polygon) => polygon.filter(inside).length % 2 === 1);
  return model.zones.find((zone) => zone.level === model.finest && holds(zone)) || null;
}

/** Write the names that fit, the most populous first, whenever the view has moved; `signs()` are
 * the points that they must not cover. */
function drawNames(model, map, signs) {
  const pane = map.createPane("names");
  pane.style.zIndex = 450;
  pane.classList.add("names");
  const main = model.raw.zones.main;
  const candidates = model.zones
    .filter((zone) => zone.level === model.finest || zone.level === main)
    .sort((a, b) => a.level - b.level || b.weight - a.weight || a.index - b.index);
  const write = () => {
    pane.replaceChildren();
    const zoom = map.getZoom();
    const taken = signs().map((at) => boxAround(map.latLngToLayerPoint(at), 15, 14));
    const view = map.getBounds().pad(0.05);
    for (const zone of candidates) {
      const coarse = zone.level === main && main !== model.finest;
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

function boxAround({ x, y }, halfWidth, halfHeight) {
  return [x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight];
}

/** Write a name on its point, else under it, else over it, else not at all. */
function placeName(map, pane, zone, { coarse, taken }) {
  const { x, y } = map.latLngToLayerPoint(zone.at);
  const air = coarse || map.getZoom() > 11.5 ? 4 : 16;
  const halfWidth = (zone.name.length * (coarse ? 8 : 6.6)) / 2 + air;
  const free = (box) => !taken.some((other) =>
    box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
  const shift = [0, 24, -24].find((dy) => free(boxAround({ x, y: y + dy }, halfWidth, 5 + air)));
  if (shift === undefined) return;
  taken.push(boxAround({ x, y: y + shift }, halfWidth, 5 + air));
  const label = el("span", { class: coarse ? "name name-coarse" : "name", "aria-hidden": "true" }, zone.name);
  const anchor = el("span", { class: "name-anchor" }, label);
  L.DomUtil.setPosition(anchor, L.point(Math.round(x), Math.round(y + shift)));
  pane.append(anchor);
}
