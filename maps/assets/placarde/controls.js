// What the reader chooses from: periods, portraits, zones, layers. The portraits are the legend.

function radios(name, legend, options, onChange) {
  return el("fieldset", { class: "chips" }, el("legend", {}, legend), options.map(([value, label, hint], i) =>
    el("label", { class: "chip" },
      el("input", { type: "radio", name, value, checked: i === 0, on: { change: () => onChange(value) } }),
      el("span", {}, label, hint ? el("small", {}, hint) : null))));
}

function periodChoice(model) {
  const options = [["0", "Toutes", ""], ...model.periods.map(({ label, dates }, i) => [String(i + 1), label, dates])];
  return radios("period", "Période", options, (value) => choose(model, { period: Number(value) }));
}

function stateChoice(model) {
  if (!model.raw.states) return null;
  const options = [["posted", "Affichées", ""], ["unused", "Non utilisées", ""], ["all", "Toutes", ""]];
  return radios("state", "Faces", options, (value) => choose(model, { show: value }));
}

function zoneChoice(model, onZone) {
  if (model.raw.zones.filter.length === 0) return { node: null, show: () => {} };
  const groups = new Map();
  for (const index of model.raw.zones.filter) {
    const level = model.raw.zones.levels[model.zones[index].level];
    if (!groups.has(level)) groups.set(level, []);
    groups.get(level).push(el("option", { value: String(index) }, model.zones[index].name));
  }
  const select = el("select", { id: "choix-zone", on: { change: () => onZone(Number(select.value)) } },
    el("option", { value: "-1" }, "Tout le territoire"),
    [...groups].map(([level, options]) => el("optgroup", { label: level }, options)));
  const show = (index) => { select.value = String(index); };
  return { node: el("div", { class: "field" }, el("label", { for: "choix-zone" }, "Zone"), select), show };
}

/** Return how many postings each portrait has under the other filters. */
function countBySeries(model) {
  const counts = model.series.map(() => 0);
  const { period } = model.filters;
  for (const posting of model.postings) {
    if ((period === 0 || posting.period === period) && inZone(model, posting.place)) counts[posting.series] += 1;
  }
  return counts;
}

/** Return the legend of portraits; each entry is a switch, and none pressed means all shown. */
function seriesChoice(model) {
  const { series } = model.filters;
  const all = el("button", { type: "button", class: "link", on: { click: () => { series.clear(); choose(model, {}); } } }, "Tout montrer");
  const buttons = model.series.map((entry, i) => el("button", {
    type: "button", class: "series", "aria-pressed": "false", title: entry.detail || null,
    on: { click: () => { if (!series.delete(i)) series.add(i); choose(model, {}); } },
  }, disc(entry),
  el("span", { class: "unseen" }, `n° ${entry.mark}, `),
  el("span", { class: "series-label" }, typed(entry.label)),
  el("span", { class: "series-count" })));
  const update = () => {
    countBySeries(model).forEach((n, i) => fill(buttons[i].querySelector(".series-count"), String(n),
      el("span", { class: "unseen" }, n < 2 ? " affichage" : " affichages")));
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(series.has(i))));
    all.disabled = series.size === 0;
  };
  model.listeners.push(update);
  return el("fieldset", { class: "legend" },
    el("legend", {}, model.raw.words.series), all,
    el("ul", { class: "series-list" }, buttons.map((button) => el("li", {}, button))));
}

function layerChoice(layers) {
  return el("fieldset", { class: "layers" }, el("legend", { class: "unseen" }, "Couches"), layers.map(([label, toggle]) =>
    el("label", { class: "check" },
      el("input", { type: "checkbox", checked: true, on: { change: (event) => toggle(event.target.checked) } }), label)));
}

/** Return what the signs on the map mean besides the portraits. */
function key(model) {
  const entry = (sign, text) => el("li", {}, sign, el("span", {}, text));
  const sample = (kind, text) => el("span", { class: kind, "aria-hidden": "true" }, text || "");
  const tour = model.raw.tour;
  return [
    el("h3", { class: "unseen" }, "Légende"),
    el("ul", { class: "key-list" },
      entry(sample("disc disc-sample round", "1"), `Face affichée ; son numéro est celui ${model.raw.words.of}`),
      [...seriesBySpot(model.postings).values()].some((series) => series.size > 1)
        ? entry(sample("disc disc-shared round"), "Plusieurs au même endroit") : null,
      model.raw.states ? entry(sample("unused-sign"), "Face non utilisée") : null,
      tour.mark.some(Boolean) ? entry(sample("stop", "1"), "Étape de l’exposition, dans l’ordre") : null,
      tour.mark.some((mark) => !mark) ? entry(sample("stop stop-none"), "Maison sans étape") : null,
      tour.legs.length ? entry(sample("dash"), "Ordre de passage, pas la route") : null),
  ];
}
