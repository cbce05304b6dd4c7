// What the reader chooses from: periods, formats, portraits, zones, layers. Each follows the model, so
// that a link can choose, too. The portraits are the legend.

const STEP_MS = 1600;
const MOST_TICKS = 10;

function radios(name, legend, options, onChange) {
  const inputs = options.map(([value]) => el("input", { type: "radio", name, value, on: { change: () => onChange(value) } }));
  const node = el("fieldset", { class: "chips" }, el("legend", {}, legend), options.map(([, label], i) =>
    el("label", { class: "chip" }, inputs[i], el("span", {}, label))));
  return { node, show: (value) => inputs.forEach((input) => { input.checked = input.value === value; }) };
}

/** Return the slider over the periods, 0 for all of them, with a button that plays them. */
function periodChoice(model) {
  const { periods } = model;
  if (periods.length < 2) return null;
  const words = (period) => (period ? [periods[period - 1].label, periods[period - 1].dates] : ["Toutes les vagues", ""]);
  const output = el("output", { for: "choix-vague", class: "period-name" });
  const slider = el("input", { id: "choix-vague", type: "range", min: "0", max: String(periods.length), step: "1", value: "0",
    on: { input: () => { stop(); choose(model, { period: Number(slider.value) }); } } });
  const button = el("button", { type: "button", class: "link", on: { click: () => (timer ? stop() : play()) } }, "Faire défiler");
  let timer = 0;
  const stop = () => { window.clearInterval(timer); timer = 0; button.textContent = "Faire défiler"; };
  const next = () => {
    const { period } = model.filters;
    choose(model, { period: period >= periods.length ? 1 : period + 1 });
    if (model.filters.period === periods.length) stop();
  };
  const play = () => { button.textContent = "Arrêter"; timer = window.setInterval(next, STEP_MS); next(); };
  const ticks = el("div", { class: "ticks", "aria-hidden": "true" }, ["Toutes", ...periods.map(({ number }) => String(number))].map((text, i) =>
    (i % Math.ceil(periods.length / MOST_TICKS) ? null : el("span", { vars: { at: String(i / periods.length) } }, text))));
  model.listeners.push(() => {
    const [label, dates] = words(model.filters.period);
    slider.value = String(model.filters.period);
    slider.setAttribute("aria-valuetext", [label, dates].filter(Boolean).join(", "));
    fill(output, el("strong", {}, label), dates ? ` ${dates}` : null);
  });
  return el("div", { class: "field period" }, el("label", { for: "choix-vague" }, "Vague"), slider, ticks, output, button);
}

function stateChoice(model) {
  if (!model.raw.states) return null;
  const options = [["posted", "Affichées"], ["unused", "Non utilisées"], ["all", "Toutes"]];
  const { node, show } = radios("state", "Faces", options, (value) => choose(model, { show: value }));
  model.listeners.push(() => show(model.filters.show));
  return node;
}

function select(id, label, options, onChange) {
  const node = el("select", { id, on: { change: () => onChange(node.value) } }, options);
  return { field: el("div", { class: "field" }, el("label", { for: id }, label), node), node };
}

function formatChoice(model) {
  if (model.formats.length < 2) return null;
  const options = [el("option", { value: "" }, "Tous les formats"), model.formats.map((format) => el("option", { value: format }, format))];
  const { field, node } = select("choix-format", "Format", options.flat(), (format) => choose(model, { format }));
  model.listeners.push(() => { node.value = model.filters.format; });
  return field;
}

function zoneChoice(model, onZone) {
  if (model.zones.length < 2) return null;
  const groups = new Map();
  for (const index of model.raw.zones.filter) {
    const level = model.raw.zones.levels[model.zones[index].level];
    if (!groups.has(level)) groups.set(level, []);
    groups.get(level).push(el("option", { value: String(index) }, model.zones[index].name));
  }
  const options = [el("option", { value: "-1" }, "Tout le territoire"), [...groups].map(([level, own]) => el("optgroup", { label: level }, own))];
  const { field, node } = select("choix-zone", "Zone", options.flat(), (value) => onZone(Number(value)));
  // A commune that a link or the search box chose has no entry of its own until then.
  const other = el("option", { value: "", hidden: true });
  node.append(other);
  model.listeners.push(() => {
    const { zone } = model.filters;
    other.hidden = zone < 0 || model.raw.zones.filter.includes(zone);
    other.value = other.hidden ? "" : String(zone);
    other.textContent = other.hidden ? "" : model.zones[zone].name;
    node.value = String(zone);
  });
  return field;
}

/** Return how many postings each portrait has under the other filters. */
function countBySeries(model) {
  const counts = model.series.map(() => 0);
  const { period } = model.filters;
  for (const posting of model.postings) {
    if ((period === 0 || posting.period === period) && inView(model, posting.place)) counts[posting.series] += 1;
  }
  return counts;
}

/** Tell whether it is the pointer that moved, and not the page under it. */
function moved({ movementX, movementY }) {
  return movementX !== 0 || movementY !== 0;
}

/** Return the legend of portraits; each entry is a switch, and none pressed means all shown. An
 * entry under the pointer or with the keyboard makes its faces stand out. */
function seriesChoice(model, brighten) {
  const { filters } = model;
  const all = el("button", { type: "button", class: "link", on: { click: () => choose(model, { series: new Set() }) } }, "Tout montrer");
  const toggle = (i) => {
    const series = new Set(filters.series);
    if (!series.delete(i)) series.add(i);
    choose(model, { series });
  };
  const buttons = model.series.map((entry, i) => el("button", {
    type: "button", class: "series", "aria-pressed": "false", title: entry.detail || null,
    on: { click: () => toggle(i), mousemove: (event) => moved(event) && brighten(i), mouseleave: () => brighten(null), blur: () => brighten(null) },
  }, disc(entry),
  el("span", { class: "unseen" }, `n° ${entry.mark}, `),
  el("span", { class: "series-label" }, typed(entry.label)),
  el("span", { class: "series-count" })));
  model.listeners.push(() => {
    countBySeries(model).forEach((n, i) => fill(buttons[i].querySelector(".series-count"), String(n),
      el("span", { class: "unseen" }, ` ${model.raw.words.counted[n < 2 ? 0 : 1]}`)));
    buttons.forEach((button, i) => button.setAttribute("aria-pressed", String(filters.series.has(i))));
    all.disabled = filters.series.size === 0;
  });
  return el("fieldset", { class: "legend" },
    el("legend", {}, model.raw.words.series), all,
    el("ul", { class: "series-list" }, buttons.map((button) => el("li", {}, button))));
}

/** Return the choice of what lies under the map, and what chooses it from elsewhere. */
function backgroundChoice(map, tiles, onChange) {
  const names = [["ign", "Plan IGN"], ["osm", "OpenStreetMap"], ["zones", "Zones seules"]];
  const background = { value: "ign", listeners: [], set: (value) => {
    if (!names.some(([name]) => name === value)) return;
    background.value = value;
    show(value);
    for (const [name, layer] of Object.entries(tiles)) name === value ? layer.addTo(map) : layer.remove();
    onChange(value);
    background.listeners.forEach((listener) => listener());
  } };
  const { node, show } = radios("fond", "Fond de carte (avec une connexion)", names, (value) => background.set(value));
  show("ign");
  return Object.assign(background, { node });
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
  const { tour, zones } = model.raw;
  const roads = tour.legs.length > 0 && tour.legs.every(({ line }) => line);
  return [
    el("h3", { class: "unseen" }, "Légende"),
    el("ul", { class: "key-list" },
      model.series.length ? entry(sample("disc disc-sample round", model.raw.words.sample), model.raw.words.key) : null,
      [...seriesBySpot(model.postings).values()].some((series) => series.size > 1)
        ? entry(sample("disc disc-shared round"), "Plusieurs au même endroit") : null,
      model.raw.states ? entry(sample("unused-sign"), "Face non utilisée") : null,
      tour.mark.some(Boolean) ? entry(sample("stop", "1"), "Étape de l’exposition, dans l’ordre") : null,
      tour.mark.some((mark) => !mark) ? entry(sample("stop stop-none"), "Maison sans étape") : null,
      tour.legs.length ? entry(sample("dash"), roads ? "Route de l’exposition" : "Ordre de passage, pas la route") : null,
      zones.sequences.map((sequence) => entry(sample("dots"), sequenceLabel(model, sequence))),
      zones.sequences.length ? entry(sample("veil"), "Fermé dans la vague choisie") : null),
  ];
}
