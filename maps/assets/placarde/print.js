// On paper: A4 or A3, the map as wide as the sheet, in light colours, with title, legend, date,
// scale and sources; or one whole list.

const MM = 96 / 25.4;
const SHEETS = { a4: { wide: 186, high: 273, legend: 56 }, a3: { wide: 396, high: 273, legend: 88 } };
const GAP = 4;
const SPARE = 6;
const AROUND = 22;
const MAP_HEIGHTS = { least: 100, most: 200 };

/** Return what two boxes have in common, else the first. */
function common(a, b) {
  if (!a.intersects(b)) return a;
  return L.latLngBounds(
    [Math.max(a.getSouth(), b.getSouth()), Math.max(a.getWest(), b.getWest())],
    [Math.min(a.getNorth(), b.getNorth()), Math.min(a.getEast(), b.getEast())]);
}

/** Return what the reader has chosen, in words. */
function chosenWords(model) {
  const { series, period, format, zone } = model.filters;
  const parts = [];
  if (period) parts.push(`${model.periods[period - 1].label}, ${model.periods[period - 1].dates}`);
  if (zone >= 0) parts.push(model.zones[zone].name);
  if (series.size) parts.push(`${model.raw.words.series.toLowerCase()} ${[...series].map((i) => model.series[i].mark).join(", ")}`);
  if (format) parts.push(format);
  return parts.length ? `Choix : ${parts.join(" ; ")}.`.replace(/ ([:;])/g, `${NBSP}$1`) : "";
}

/** Return how high the map may be, in millimetres, beside the legend of portraits or over it. Parts are
 * measured as they stand on paper: `on-paper` gives them that form before the sheet is laid out. */
function spaceForMap(stage, side, { sheet, beside }) {
  stage.parentElement.classList.toggle("beside", beside);
  const wide = sheet.wide - (beside ? sheet.legend + GAP : 0);
  stage.style.width = `${wide}mm`;
  side.style.width = `${beside ? sheet.legend : sheet.wide}mm`;
  const high = (node) => node.offsetHeight / MM;
  const legend = high(side);
  const under = sheet.high - SPARE - high(byId("tete")) - high(stage.querySelector(".bar")) - high(byId("legende"));
  return { wide, under, over: under - legend - GAP, fits: legend <= sheet.high - SPARE - high(byId("tete")) };
}

/** Lay the first sheet out: the legend beside a map that is higher than wide and on A3, under it
 * where there is room for both, else on the next sheet. */
function layOut(map, shape) {
  const root = document.documentElement;
  const sheet = SHEETS[root.dataset.paper] || SHEETS.a4;
  const [grid, stage, side, frame] = [".atlas-grid", ".stage", ".side", ".frame"].map((name) => document.querySelector(name));
  const within = (high, wide) => Math.max(MAP_HEIGHTS.least, Math.min(MAP_HEIGHTS.most, high, AROUND + (wide * shape.y) / shape.x));
  let beside = sheet === SHEETS.a3 || shape.y > shape.x;
  let space = spaceForMap(stage, side, { sheet, beside });
  if (beside && !space.fits) {
    beside = false;
    space = spaceForMap(stage, side, { sheet, beside });
  }
  const high = beside || space.over < MAP_HEIGHTS.least ? space.under : space.over;
  Object.assign(frame.style, { height: `${within(high, space.wide)}mm` });
  return () => {
    for (const node of [stage, side, frame]) node.removeAttribute("style");
    grid.classList.remove("beside");
  };
}

/** On paper the map takes the width of the sheet and shows what it showed of the ground. */
function followPrinting(model, map, ground) {
  const root = document.documentElement;
  let view = null;
  let restore = null;
  window.addEventListener("beforeprint", () => {
    if (view) return;
    view = map.getBounds();
    const day = new Date().toLocaleDateString("fr-FR", { dateStyle: "long" });
    byId("feuille").textContent = `Imprimé le ${day}. ${chosenWords(model)}`;
    const shown = common(view, ground);
    const corners = [shown.getNorthWest(), shown.getSouthEast()].map((corner) => map.project(corner, 9));
    root.classList.add("on-paper");
    // The tables share no sheet with the map, and thousands of rows would be laid out at each measure.
    byId("tableaux").hidden = true;
    restore = layOut(map, corners[1].subtract(corners[0]));
    theme.printing = true;
    map.invalidateSize({ animate: false });
    map.fitBounds(shown, { animate: false, padding: [8, 8] });
    theme.tell();
    byId("tableaux").hidden = false;
  });
  window.addEventListener("afterprint", () => {
    if (!view) return;
    restore();
    root.classList.remove("on-paper");
    theme.printing = false;
    map.invalidateSize({ animate: false });
    map.fitBounds(view, { animate: false });
    theme.tell();
    view = null;
    delete root.dataset.paper;
  });
}

/** Print one section alone, its table whole. */
function printList(section) {
  const root = document.documentElement;
  root.classList.add("listing");
  section.classList.add("listed");
  window.addEventListener("afterprint", () => {
    root.classList.remove("listing");
    section.classList.remove("listed");
  }, { once: true });
  window.print();
}

function printButton(paper) {
  const go = () => {
    if (paper === "A3") document.documentElement.dataset.paper = "a3";
    window.print();
  };
  return el("button", { type: "button", class: "button", on: { click: go } }, `Imprimer en ${paper}`);
}

/** Return the button that gives the map the whole screen, where the browser can. */
function screenButton(map) {
  const stage = document.querySelector(".atlas-grid");
  if (!stage.requestFullscreen) return null;
  const button = el("button", {
    type: "button", class: "button", "aria-pressed": "false",
    on: { click: () => (document.fullscreenElement ? document.exitFullscreen() : stage.requestFullscreen()) },
  }, "Plein écran");
  document.addEventListener("fullscreenchange", () => {
    button.setAttribute("aria-pressed", String(Boolean(document.fullscreenElement)));
    map.invalidateSize();
  });
  return button;
}
