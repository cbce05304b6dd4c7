// All faces on one canvas, over the zones: one sign a point, found again under the pointer by a quad-tree.

const WORLD = 256;
const FAINT = 0.12;
// A power of two: Chromium puts a canvas of three times its size on paper a little too small.
const PAPER_SCALE = 4;

/** Leaflet's renderer keeps a canvas over the view and its margin, through moves and zooms. */
const FaceCanvas = L.Renderer.extend({
  _initContainer() {
    this._container = el("canvas");
    this._ctx = this._container.getContext("2d");
  },
  _destroyContainer() {
    this._container.remove();
  },
  _updatePaths() {},
  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const { min } = this._bounds;
    const { x, y } = this._bounds.getSize();
    const scale = theme.printing ? PAPER_SCALE : Math.min(window.devicePixelRatio || 1, 2);
    L.DomUtil.setPosition(this._container, min);
    Object.assign(this._container, { width: x * scale, height: y * scale });
    Object.assign(this._container.style, { width: `${x}px`, height: `${y}px` });
    this._ctx.scale(scale, scale);
    this._ctx.translate(-min.x, -min.y);
    this.options.draw(this._ctx, this._bounds, scale);
  },
});

function radiusAt(zoom) {
  return Math.round(Math.max(3.5, Math.min(10, (zoom - 6.4) * 2)) * 2) / 2;
}

/** Return how a view turns the world's square into pixels of Leaflet's layers. */
function projection(map) {
  const scale = 2 ** map.getZoom();
  const origin = map.getPixelOrigin();
  return { scale, left: origin.x, top: origin.y };
}

/** Draw the faces of a selection over the `ground`; return what is drawn and what stands near a point. */
function drawFaces(model, map, ground) {
  map.createPane("faces").style.zIndex = 420;
  for (const spot of model.spots) {
    const { x, y } = L.CRS.EPSG3857.latLngToPoint(L.latLng(spot.at), 0);
    Object.assign(spot, { x, y, marks: null });
  }
  const tree = quadTree(model.spots, WORLD);
  const stamps = makeStamps(model);
  const state = { signs: [], faces: 0, bright: null };
  const draw = (ctx, bounds, scale) => {
    ground.copyTo(ctx);
    const view = projection(map);
    const radius = radiusAt(map.getZoom());
    for (const { x, y, marks } of state.signs) {
      const px = x * view.scale - view.left;
      const py = y * view.scale - view.top;
      if (px < bounds.min.x - 20 || px > bounds.max.x + 20 || py < bounds.min.y - 20 || py > bounds.max.y + 20) continue;
      const { canvas, middle } = stamps(marks, radius, scale);
      ctx.globalAlpha = state.bright === null || marks.includes(state.bright) ? 1 : FAINT;
      ctx.drawImage(canvas, px - middle, py - middle, 2 * middle, 2 * middle);
    }
  };
  const layer = new FaceCanvas({ pane: "faces", padding: MARGIN, draw }).addTo(map);
  model.listeners.push(({ postings, byPlace, unused }) => {
    for (const spot of state.signs) spot.marks = null;
    for (const { spot } of unused) spot.marks = [];
    for (const [spot, series] of seriesBySpot(postings)) spot.marks = [...series].sort((a, b) => a - b);
    // Empty faces first, so that no portrait is under one.
    const shown = model.spots.filter((spot) => spot.marks);
    state.signs = [...shown.filter(({ marks }) => !marks.length), ...shown.filter(({ marks }) => marks.length)];
    state.faces = byPlace.size;
    layer._update();
  });
  theme.listeners.push(() => layer._update());
  ground.on("redrawn", () => layer._update());
  return {
    faces: () => state.faces,
    signs: () => state.signs.length,
    near: (latlng, pixels) => {
      const { x, y } = L.CRS.EPSG3857.latLngToPoint(latlng, 0);
      return nearest(tree, { x, y, reach: pixels / 2 ** map.getZoom(), accepts: (spot) => spot.marks !== null });
    },
    brighten(series) {
      if (state.bright === series) return;
      state.bright = series;
      layer._update();
    },
  };
}

function seriesBySpot(postings) {
  const spots = new Map();
  for (const { place, series } of postings) {
    if (!spots.has(place.spot)) spots.set(place.spot, new Set());
    spots.get(place.spot).add(series);
  }
  return spots;
}

/** Return the place of a point that is shown: one that carries something, if any does. */
function shownPlace(spot) {
  return spot.places.find(({ postings }) => postings.length && spot.marks.length) || spot.places[0];
}

function spotHint(model, spot) {
  const names = spot.marks.map((index) => `${model.series[index].mark} – ${model.series[index].label}`).join(`${NBSP}; `);
  const place = shownPlace(spot);
  const where = factValue(model, "Commune", place);
  return [names || model.raw.states[place.state], where].filter(Boolean).join(` · `);
}

/** Hints under the pointer, and under the cross in the middle while the map has the keyboard. */
function followPointer(model, map, faces, { onFace, onZone }) {
  const hint = L.tooltip({ direction: "top", offset: [0, -8] });
  const aim = el("div", { class: "aim", "aria-hidden": "true", hidden: true });
  const container = map.getContainer();
  container.append(aim);
  const reach = () => radiusAt(map.getZoom()) + 4;
  const show = (spot) => {
    container.classList.toggle("over-face", Boolean(spot));
    if (!spot) { hint.remove(); return; }
    hint.setLatLng(spot.at).setContent(el("span", {}, typed(spotHint(model, spot)))).addTo(map);
  };
  const middle = () => faces.near(map.getCenter(), 24);
  map.on("mousemove", ({ latlng }) => { if (!map.dragging.moving()) show(faces.near(latlng, reach())); });
  map.on("mouseout zoomstart dragstart", () => show(null));
  map.on("click", ({ latlng }) => {
    const spot = faces.near(latlng, reach());
    const zone = spot ? null : zoneAt(model, latlng);
    if (spot) onFace(shownPlace(spot));
    else if (zone) onZone(zone);
  });
  const tell = () => {
    aim.hidden = !container.matches(":focus-visible");
    if (aim.hidden) return;
    const spot = middle();
    show(spot);
    byId("sous-la-croix").textContent = spot ? spotHint(model, spot) : "";
  };
  container.addEventListener("focus", tell);
  container.addEventListener("blur", () => { aim.hidden = true; show(null); });
  map.on("moveend", tell);
  container.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== container) return;
    const spot = middle();
    const zone = spot ? null : zoneAt(model, map.getCenter());
    if (spot) onFace(shownPlace(spot));
    else if (zone) onZone(zone);
  });
}
