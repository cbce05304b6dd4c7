// On paper: A4 or A3, the map as wide as the sheet, in light colours, with title, legend, date,
// scale and sources.

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

/** On paper the map takes the width of the sheet and shows what it showed of the ground. */
function followPrinting(model, map, ground) {
  const frame = map.getContainer().parentElement;
  let view = null;
  window.addEventListener("beforeprint", () => {
    view = map.getBounds();
    frame.classList.add("printing");
    theme.printing = true;
    map.invalidateSize({ animate: false });
    map.fitBounds(common(view, ground), { animate: false, padding: [8, 8] });
    theme.tell();
    const day = new Date().toLocaleDateString("fr-FR", { dateStyle: "long" });
    byId("feuille").textContent = `Imprimé le ${day}. ${chosenWords(model)}`;
  });
  window.addEventListener("afterprint", () => {
    frame.classList.remove("printing");
    theme.printing = false;
    map.invalidateSize({ animate: false });
    if (view) map.fitBounds(view, { animate: false });
    theme.tell();
    delete document.documentElement.dataset.paper;
  });
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
