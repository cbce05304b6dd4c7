// The zones as background, which of them are closed to a period, and which one lies under a point.

/** Draw every zone, coarse over fine, for the canvas of the faces to begin with; return what the filters
 * and the tiles change about it. */
function drawZones(model, map, renderer) {
  map.createPane("zones");
  const canvas = new UnseenCanvas({ pane: "zones", padding: MARGIN });
  const ground = L.featureGroup().addTo(map);
  const lines = L.featureGroup().addTo(map);
  // `smoothFactor` 0: Leaflet would simplify each polygon by itself and tear common borders.
  const options = { renderer: canvas, pane: "zones", interactive: false, smoothFactor: 0 };
  const tinted = Math.min(model.raw.zones.main, model.finest);
  const tile = { opacity: 1 };
  for (const zone of model.zones.filter(({ level }) => level === tinted)) {
    L.polygon(zone.rings, { ...options, stroke: false, zone }).addTo(ground);
  }
  for (let level = model.finest; level >= 0; level--) {
    for (const zone of model.zones.filter((each) => each.level === level)) {
      L.polygon(zone.rings, { ...options, fill: false, zone }).addTo(lines);
    }
  }
  const paint = ({ lines: inks, tints }) => {
    ground.eachLayer((layer) => layer.setStyle({
      fillColor: tints[layer.options.zone.index % tints.length], fillOpacity: tile.opacity,
    }));
    lines.eachLayer((layer) => {
      const fineness = model.finest - layer.options.zone.level;
      layer.setStyle({ color: inks[Math.max(0, inks.length - 1 - fineness)], weight: [0.5, 1.3, 1.8, 2.2][Math.min(fineness, 3)] });
    });
  };
  theme.listeners.push((colours) => {
    paint(colours);
    // At once: paper does not wait for the next frame.
    canvas._redrawBounds = null;
    if (canvas._map) canvas._redraw();
  });
  paint(theme.now());
  return {
    bounds: () => lines.getBounds(),
    count: () => lines.getLayers().length,
    letTilesThrough(through) {
      const opacity = through ? 0.35 : 1;
      if (tile.opacity !== opacity) { tile.opacity = opacity; paint(theme.now()); }
    },
    outline: makeOutline(model, map, renderer),
    canvas,
  };
}

/** Return what draws a strong line around a zone, -1 for none. */
function makeOutline(model, map, renderer) {
  const outline = L.featureGroup().addTo(map);
  const draw = (index) => {
    outline.clearLayers();
    if (index < 0) return;
    const color = theme.now().chosen;
    L.polygon(model.zones[index].rings, {
      renderer, pane: "lines", className: "chosen", interactive: false, smoothFactor: 0, color, weight: 3.5, fillColor: color, fillOpacity: 0.07,
    }).addTo(outline);
    outline.bringToBack();
  };
  theme.listeners.push(() => draw(model.outlined));
  return (index) => { model.outlined = index; draw(index); };
}

/** Return the sequences that are closed in a period; none while all periods are shown. */
function closedSequences(model, period) {
  if (period === 0) return [];
  return model.raw.zones.sequences.filter(({ periods }) => !periods.includes(model.periods[period - 1].number));
}

function sequenceLabel(model, { zone, periods }) {
  const numbers = periods.join(periods.length > 2 ? ", " : " et ");
  return `${model.zones[zone].name} : ${periods.length > 1 ? "vagues" : "vague"}${NBSP}${numbers}`.replace(" :", `${NBSP}:`);
}

/** Draw a line around each sequence, and a veil over those that are closed in the period shown. */
function drawSequences(model, map, renderer) {
  const group = L.featureGroup().addTo(map);
  const draw = () => {
    group.clearLayers();
    const { chosen, veil } = theme.now();
    const closed = closedSequences(model, model.filters.period);
    for (const sequence of model.raw.zones.sequences) {
      const shut = closed.includes(sequence);
      L.polygon(model.zones[sequence.zone].rings, {
        renderer, pane: "lines", interactive: false, smoothFactor: 0, className: shut ? "sequence-closed" : "",
        color: chosen, weight: 2.5, dashArray: "1 5", fill: shut, fillColor: veil, fillOpacity: 0.35,
      }).addTo(group);
    }
    group.bringToBack();
  };
  model.listeners.push(draw);
  theme.listeners.push(draw);
  return group;
}

function zoneBounds(zone) {
  return L.latLngBounds(zone.rings.flat(2));
}

/** Tell whether a zone holds a point, by the even-odd rule. */
function holds({ rings }, { lat, lng }) {
  const inside = (ring) => ring.reduce((odd, [lat1, lng1], i) => {
    const [lat2, lng2] = ring[(i || ring.length) - 1];
    const crosses = (lat1 > lat) !== (lat2 > lat) &&
      lng < ((lng2 - lng1) * (lat - lat1)) / (lat2 - lat1) + lng1;
    return crosses ? !odd : odd;
  }, false);
  return rings.some((polygon) => polygon.filter(inside).length % 2 === 1);
}

/** Return the finest zone that holds a point, or null. */
function zoneAt(model, point) {
  return model.zones.find((zone) => zone.level === model.finest && holds(zone, point)) || null;
}
