// The names of zones on the map: those that fit, the most populous first.

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
  return model.raw.zones.sequences.map((sequence) => ({ name: sequenceLabel(model, sequence), at: model.zones[sequence.zone].at, sequence }));
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
  const label = el("span", { class: `name ${coarse ? "name-coarse" : ""} ${zone.sequence ? "name-sequence" : ""}`, "aria-hidden": "true" }, zone.name);
  const anchor = el("span", { class: "name-anchor" }, label);
  // Not Leaflet's setPosition: its 3D transform would make a layer of the compositor of each name.
  Object.assign(anchor.style, { left: `${Math.round(x)}px`, top: `${Math.round(y + shift)}px` });
  pane.append(anchor);
}
