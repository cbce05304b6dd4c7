// Faces on one canvas: a numbered sign a posted face, a small open circle an unused one.

const FaceCanvas = L.Canvas.extend({
  _updateFace(layer) {
    if (!this._drawing || layer._empty()) return;
    const { x, y } = layer._point;
    if (layer.options.marks.length === 0) drawUnused(this._ctx, x, y, layer._radius);
    else drawPosted(this._ctx, x, y, layer._radius, layer.options);
  },
});

const FaceMarker = L.CircleMarker.extend({
  _updatePath() {
    this._renderer._updateFace(this);
  },
});

function drawUnused(ctx, x, y, radius) {
  ctx.beginPath();
  ctx.arc(x, y, radius * 0.65, 0, 2 * Math.PI);
  ctx.fillStyle = "rgba(255, 255, 255, 0.8)";
  ctx.fill();
  ctx.lineWidth = 1.2;
  ctx.strokeStyle = "#5a6670";
  ctx.stroke();
}

const OUTLINES = {
  round(ctx, x, y, radius) {
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  },
  square(ctx, x, y, radius) {
    const side = radius * 0.9;
    ctx.rect(x - side, y - side, 2 * side, 2 * side);
  },
  diamond(ctx, x, y, radius) {
    const reach = radius * 1.25;
    ctx.moveTo(x, y - reach);
    ctx.lineTo(x + reach, y);
    ctx.lineTo(x, y + reach);
    ctx.lineTo(x - reach, y);
    ctx.closePath();
  },
};

/** Draw a portrait's sign with its number; of several portraits, a disc of one sector each. */
function drawPosted(ctx, x, y, radius, { marks }) {
  const turn = (2 * Math.PI) / marks.length;
  const outline = marks.length > 1 ? OUTLINES.round : OUTLINES[marks[0].shape];
  marks.forEach((series, i) => {
    ctx.beginPath();
    if (marks.length === 1) outline(ctx, x, y, radius);
    else {
      ctx.moveTo(x, y);
      ctx.arc(x, y, radius, i * turn - Math.PI / 2, (i + 1) * turn - Math.PI / 2);
    }
    ctx.fillStyle = series.colour;
    ctx.fill();
  });
  ctx.beginPath();
  outline(ctx, x, y, radius);
  ctx.lineWidth = 1.2;
  ctx.strokeStyle = "#ffffff";
  ctx.stroke();
  if (marks.length > 1 || radius < 6.5) return;
  ctx.fillStyle = "#ffffff";
  ctx.font = `700 ${Math.round(radius * 1.15)}px system-ui, sans-serif`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(marks[0].mark, x, y + 0.5);
}

function radiusAt(zoom) {
  return Math.max(3.5, Math.min(10, (zoom - 6.6) * 2));
}

/** Draw the faces of a selection, one sign a point, and again when it or the zoom changes. */
function drawFaces(model, map, { onChoose }) {
  map.createPane("faces").style.zIndex = 420;
  const renderer = new FaceCanvas({ pane: "faces", padding: 0.2 });
  const group = L.featureGroup().addTo(map);
  const markers = new Map(model.spots.map((spot) => [spot, faceMarker(spot, { renderer, onChoose })]));
  let drawn = { postings: [], byPlace: new Map(), unused: [] };
  const draw = (chosen) => {
    drawn = chosen;
    group.clearLayers();
    const radius = radiusAt(map.getZoom());
    for (const { spot } of chosen.unused) put(markers.get(spot), [], radius * 0.8);
    for (const [spot, series] of seriesBySpot(chosen.postings)) {
      put(markers.get(spot), [...series].map((index) => model.series[index]), radius);
    }
  };
  const put = (marker, marks, radius) => {
    marker.options.marks = marks;
    marker.options.radius = radius;
    marker.setRadius(radius).addTo(group);
  };
  group.bindTooltip((marker) => spotHint(model, marker), { direction: "top", offset: [0, -6] });
  map.on("zoomend", () => draw(drawn));
  model.listeners.push(draw);
  return { faces: () => drawn.byPlace.size, signs: () => group.getLayers().length };
}

function faceMarker(spot, { renderer, onChoose }) {
  const marker = new FaceMarker(spot.at, { renderer, pane: "faces", bubblingMouseEvents: false, marks: [] });
  marker.spot = spot;
  return marker.on("click", () => onChoose(spot.places[0]));
}

function seriesBySpot(postings) {
  const spots = new Map();
  for (const { place, series } of postings) {
    if (!spots.has(place.spot)) spots.set(place.spot, new Set());
    spots.get(place.spot).add(series);
  }
  return spots;
}

function spotHint(model, { spot, options }) {
  const names = options.marks.map((series) => `${series.mark} – ${series.label}`).join(" ; ");
  return el("span", {}, typed(names || model.raw.states[spot.places[0].state]));
}
