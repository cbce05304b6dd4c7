// Few layers of the compositor: dragging the map puts all of them together, frame by frame, and where
// there is no graphics card that is what a drag costs. Leaflet moves whatever it places by a 3D
// transform, which makes a layer of each tile, marker and drawing; here only the map moves so, and one
// canvas.

// How far beyond the view the canvas and the drawing go, in views.
const MARGIN = 0.2;

/** Put what Leaflet has placed by a 3D transform there by its box. */
function flatten(node) {
  const { x, y } = L.DomUtil.getPosition(node);
  Object.assign(node.style, { transform: "none", left: `${x}px`, top: `${y}px` });
}

/** Keep the tiles of a level in the layer of the level; `tiles` may be there already. */
function flattenTiles(tiles) {
  tiles.on("tileloadstart", ({ tile }) => flatten(tile));
  tiles.getContainer()?.querySelectorAll(".leaflet-tile").forEach(flatten);
}

/** A drawing that has a transform of its own during a zoom alone. */
const FlatSvg = L.SVG.extend({
  _update() {
    L.SVG.prototype._update.call(this);
    if (this._bounds && !this._map._animatingZoom) flatten(this._container);
  },
  _updateTransform(center, zoom) {
    Object.assign(this._container.style, { left: "0", top: "0" });
    L.SVG.prototype._updateTransform.call(this, center, zoom);
  },
});

/** Return the drawing over the faces: sequences, the zone that is chosen, the tour. */
function drawingOn(map) {
  map.createPane("lines").style.zIndex = 430;
  return new FlatSvg({ pane: "lines", padding: MARGIN });
}

const FlatMarker = L.Marker.extend({
  _setPos(at) {
    L.Marker.prototype._setPos.call(this, at);
    flatten(this._icon);
  },
});

/** A canvas that nobody sees, for another one to begin with: two would be two layers. */
const UnseenCanvas = L.Canvas.extend({
  onAdd() {
    L.Canvas.prototype.onAdd.call(this);
    this._container.hidden = true;
  },
  _update() {
    // Leaflet draws twice as fine where this says so; paper is finer than most screens.
    L.Browser.retina = theme.printing || window.devicePixelRatio > 1;
    this._updating = true;
    L.Canvas.prototype._update.call(this);
    this._updating = false;
  },
  _redraw() {
    L.Util.cancelAnimFrame(this._redrawRequest);
    L.Canvas.prototype._redraw.call(this);
    // After a move the other one follows by itself.
    if (!this._updating) this.fire("redrawn");
  },
  /** Draw on another canvas what is on this one. */
  copyTo(ctx) {
    if (!this._bounds) return;
    const { x, y } = this._bounds.getSize();
    ctx.drawImage(this._container, this._bounds.min.x, this._bounds.min.y, x, y);
  },
});

/** Keep the map on whole pixels of the page: between them a canvas is blurred, and slow to put there. */
function keepOnPixels() {
  const rest = (length) => `${Math.ceil(length) - length}px`;
  const [bar, stage] = [".bar", ".stage"].map((name) => document.querySelector(name));
  for (const over of [byId("tete"), bar]) over.style.marginBottom = rest(over.getBoundingClientRect().height);
  stage.style.marginLeft = "0";
  stage.style.marginLeft = rest(stage.getBoundingClientRect().left);
}
