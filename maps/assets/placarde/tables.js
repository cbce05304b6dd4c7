// Tables: sorted by their headings, narrowed by a word, shown part by part, saved whole as CSV.

const FIRST_ROWS = 40;
const MORE_ROWS = 500;
const MOST_PRINTED = 5000;

function section(title, ...children) {
  return el("section", { class: "section" }, el("h2", {}, typed(title)), children);
}

/** Return a comparison of two cells: numbers by size, others as French has them. */
const inFrench = new Intl.Collator("fr", { numeric: true });

function compareCells(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return inFrench.compare(String(a), String(b));
}

/** Return a table.
 *
 * `columns` are `{ label, number, dates, cell, text, value }`: what a cell shows, what it says in a
 * file, and what it is sorted by. `go` gives what the first cell of a row leads to, if anything. A
 * table that is `whole` has all its rows on paper, the others those of the screen. */
function makeTable({ caption, columns, go, name, whole, withPeriod }) {
  const state = { all: [], rows: [], limit: FIRST_ROWS, by: -1, down: false, asked: [] };
  const body = el("tbody");
  const captionNode = el("caption", {}, caption);
  const kindOf = ({ number, dates }) => (number ? "number" : dates ? "dates" : null);
  const heads = columns.map(({ label, ...kind }, i) => el("th", { scope: "col", class: kindOf(kind) },
    el("button", { type: "button", class: "sort", on: { click: () => sortBy(i) } }, typed(label), el("span", { class: "arrow", "aria-hidden": "true" }))));
  const more = el("button", { type: "button", class: "button more", hidden: true, on: { click: () => { state.limit += MORE_ROWS; write(); } } });
  const left = el("p", { class: "paper-only" });
  const words = (row) => (row.words ||= wordsOf(columns.map(({ text }) => text(row.entry)).join(" ")));
  const row = ({ entry }) => el("tr", {}, columns.map(({ cell, ...kind }, i) => (i === 0
    ? headCell(cell(entry), go(entry)) : el("td", { class: kindOf(kind) }, cell(entry)))));
  const write = () => {
    const rest = state.rows.length - state.limit;
    fill(body, state.rows.slice(0, state.limit).map(row));
    more.hidden = rest <= 0;
    print.hidden = state.rows.length <= FIRST_ROWS;
    left.textContent = rest > 0 ? unprinted(state.limit, state.rows.length) : "";
    const step = Math.min(rest, MORE_ROWS);
    more.textContent = `Afficher les ${counted(step, "ligne suivante", "lignes suivantes")}`;
    captionNode.textContent = `${caption}${NBSP}: ${counted(state.rows.length, "ligne", "lignes")}`;
  };
  const arrange = () => {
    state.rows = state.asked.length ? state.all.filter((each) => matches(state.asked, words(each))) : state.all.slice();
    const column = columns[state.by];
    if (column) {
      const keyed = state.rows.map((each) => ({ each, key: column.value(each.entry) }));
      keyed.sort((a, b) => compareCells(a.key, b.key) * (state.down ? -1 : 1));
      state.rows = keyed.map(({ each }) => each);
    }
    state.limit = FIRST_ROWS;
    write();
  };
  const sortBy = (i) => {
    state.down = state.by === i && !state.down;
    state.by = i;
    heads.forEach((head, j) => (j === i ? head.setAttribute("aria-sort", state.down ? "descending" : "ascending") : head.removeAttribute("aria-sort")));
    arrange();
  };
  const find = el("input", { type: "search", class: "narrow", placeholder: "Filtrer…", "aria-label": `Filtrer le tableau${NBSP}: ${caption}`,
    on: { input: () => { state.asked = wordsOf(find.value); arrange(); } } });
  const save = () => download(`${slug(name || caption)}.csv`, "text/csv;charset=utf-8",
    csvOf([columns.map(({ label }) => label), ...state.rows.map(({ entry }) => columns.map(({ text }) => text(entry)))]));
  const named = (words) => [words, el("span", { class: "unseen" }, `${NBSP}: ${caption}`)];
  const print = el("button", { type: "button", class: "button", hidden: true, on: { click: () => printList(table.closest(".section")) } },
    named("Imprimer la liste complète"));
  const tools = el("div", { class: "tools" }, find, el("div", { class: "buttons" }, print,
    el("button", { type: "button", class: "button", on: { click: save } }, named("Télécharger (CSV)"))));
  const table = el("table", { class: withPeriod ? "with-period" : null }, captionNode, el("thead", {}, el("tr", {}, heads)), body);
  let screen = null;
  window.addEventListener("beforeprint", () => {
    if (screen !== null || !(whole || table.closest(".listed"))) return;
    screen = state.limit;
    state.limit = Math.min(MOST_PRINTED, Math.max(state.limit, state.rows.length));
    write();
  });
  window.addEventListener("afterprint", () => {
    if (screen === null) return;
    state.limit = screen;
    screen = null;
    write();
  });
  return {
    node: [tools, el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table), more, left],
    show(entries) { state.all = entries.map((entry) => ({ entry })); arrange(); },
  };
}

/** Return what paper says under a table that goes on: how to have the rest. */
function unprinted(printed, all) {
  const how = printed < MOST_PRINTED
    ? "Le bouton « Imprimer la liste complète » imprime le reste."
    : "Choisissez une vague ou une zone pour imprimer le reste en plusieurs fois, ou téléchargez la liste (CSV).";
  return `Ici, ${counted(printed, "ligne", "lignes")} sur ${wholeNumbers.format(all)}. ${how}`.replace(/« | »/g, (mark) => mark.replace(" ", NBSP));
}

/** The cell that names its row; with a target it is a button that leads to the map. */
function headCell(content, onGo) {
  const inside = onGo ? el("button", { type: "button", class: "link", on: { click: onGo } }, content) : content;
  return el("th", { scope: "row" }, inside);
}

function rowsSection(raw, actions) {
  const note = raw.note ? el("p", { class: "note" }, raw.note) : null;
  if (raw.rows.length === 0) return section(raw.title, note);
  const columns = raw.head.map((label, c) => ({
    label, number: raw.numbers.includes(c), cell: ({ row }) => typed(row[c]), text: ({ row }) => row[c],
    value: ({ row }) => (Number.isNaN(numberIn(row[c])) ? row[c] : numberIn(row[c])),
  }));
  const go = ({ target }) => (raw.target && target >= 0 ? () => actions[raw.target](target) : null);
  const table = makeTable({ caption: raw.caption, columns, go });
  table.show(raw.rows.map((row, r) => ({ row, target: raw.target ? raw.targets[r] : -1 })));
  return section(raw.title, note, table.node);
}

function listSection(raw) {
  const items = (texts) => el("ul", { class: "prose" }, texts.map((text) => el("li", {}, typed(text))));
  return section(raw.title, items(raw.items), el("h3", {}, raw.alert_title),
    raw.alerts.length ? items(raw.alerts) : el("p", { class: "prose" }, raw.none));
}

function gallerySection(model, raw, actions) {
  const cards = model.series.map((series, i) => el("li", {}, el("button", { type: "button", class: "portrait", on: { click: () => actions.series(i) } },
    el("span", { class: "portrait-frame" },
      series.image ? el("img", { src: series.image, alt: "", loading: "lazy" }) : null, disc(series)),
    el("span", { class: "unseen" }, `Portrait n° ${series.mark} : `),
    el("span", { class: "portrait-label" }, typed(series.label)),
    series.detail ? el("span", { class: "portrait-detail" }, typed(series.detail)) : null,
    el("span", { class: "portrait-go" }, "Voir sur la carte"))));
  return cards.length ? section(raw.title, el("ul", { class: "gallery" }, cards)) : null;
}

/** Return a column of a table of faces: its heading, its cell, its text and what sorts it. */
function faceColumn(model, name) {
  if (name.startsWith("fact:")) {
    const fact = model.facts.find(({ label }) => label === name.slice(5));
    if (!fact) return null;
    const value = ({ place }) => fact.values[place.index];
    const euros = fact.kind === "euros";
    return {
      label: fact.label, number: fact.kind !== "text", value: (entry) => value(entry) ?? -Infinity,
      cell: (entry) => typed(shown(fact.kind, value(entry))),
      text: (entry) => (fact.kind === "text" ? value(entry) : plainNumber(value(entry), euros ? 100 : 1)),
    };
  }
  const said = (label, text, value = text) => ({ label, cell: (entry) => typed(text(entry)), text, value });
  const zone = ({ place }) => model.zones[place.zones[model.raw.zones.main]];
  const series = (posting) => model.series[posting.series];
  return {
    period: () => said("Vague", ({ period }) => model.periods[period - 1].label, ({ period }) => period),
    dates: () => Object.assign(said("Dates", ({ period }) => model.periods[period - 1].dates, ({ period }) => period), { dates: true }),
    series: () => ({
      label: model.raw.words.one, cell: (posting) => numbered(series(posting)), value: (posting) => posting.series,
      text: (posting) => `${series(posting).mark} – ${series(posting).label}`,
    }),
    state: () => said("Raison", ({ place }) => model.raw.states[place.state]),
    zone: () => model.raw.zones.levels.length > 0 &&
      said(model.raw.zones.levels[model.raw.zones.main], (entry) => (zone(entry) ? zone(entry).name : "–")),
  }[name]();
}

function plainNumber(value, by) {
  return value === null || value === undefined ? "" : String(value / by).replace(".", ",");
}

function periodsInWords(model) {
  return model.periods.map(({ label, dates }) => `${label}${NBSP}: ${dates}.`).join(" ");
}

/** A table of faces that follows the filters of the map. What it shows is what is printed. */
function facesSection(model, raw, actions) {
  const columns = raw.columns.map((name) => faceColumn(model, name)).filter(Boolean);
  const withPeriod = raw.columns.includes("period") && raw.columns.includes("dates");
  const table = makeTable({ caption: raw.caption, columns, go: ({ place }) => () => actions.face(place), name: raw.title, whole: raw.whole, withPeriod });
  const periods = withPeriod ? el("p", { class: "paper-only" }, periodsInWords(model)) : null;
  model.listeners.push(({ postings }) => table.show(raw.kind === "postings" ? postings : unusedHere(model).map((place) => ({ place }))));
  const node = section(raw.title, periods, table.node);
  node.classList.toggle("whole", Boolean(raw.whole));
  return node;
}

function makeSections(model, actions, venues) {
  const make = {
    rows: (raw) => rowsSection(raw, actions),
    list: listSection,
    gallery: (raw) => gallerySection(model, raw, actions),
    calendar: (raw) => calendarSection(model, raw, venues, actions),
    postings: (raw) => facesSection(model, raw, actions),
    unused: (raw) => facesSection(model, raw, actions),
  };
  return model.raw.sections.map((raw) => make[raw.kind](raw));
}
