// The sections under the map. The tables of faces follow the filters of the map.

const FIRST_ROWS = 40;

function section(title, ...children) {
  return el("section", { class: "section" }, el("h2", {}, typed(title)), children);
}

function makeTable(caption, head, numbers = []) {
  const body = el("tbody");
  const captionNode = el("caption", {}, caption);
  const cells = head.map((label, i) => el("th", { scope: "col", class: numbers.includes(i) ? "number" : null }, typed(label)));
  const table = el("table", {}, captionNode, el("thead", {}, el("tr", {}, cells)), body);
  return { node: el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, table), body, caption: captionNode };
}

/** The cell that names its row; with a target it is a button that leads to the map. */
function headCell(content, onGo) {
  const inside = onGo ? el("button", { type: "button", class: "link", on: { click: onGo } }, content) : content;
  return el("th", { scope: "row" }, inside);
}

function rowsSection(raw, actions) {
  const note = raw.note ? el("p", { class: "note" }, raw.note) : null;
  if (raw.rows.length === 0) return section(raw.title, note);
  const table = makeTable(raw.caption, raw.head, raw.numbers);
  raw.rows.forEach((row, r) => {
    const go = raw.target && raw.targets[r] >= 0 ? () => actions[raw.target](raw.targets[r]) : null;
    table.body.append(el("tr", {}, row.map((text, c) => (c === 0 ? headCell(typed(text), go)
      : el("td", { class: raw.numbers.includes(c) ? "number" : null }, typed(text))))));
  });
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
  return section(raw.title, el("ul", { class: "gallery" }, cards));
}

/** Return how to write a column of a table of faces: its heading and its cell. */
function faceColumn(model, name) {
  if (name.startsWith("fact:")) {
    const label = name.slice(5);
    const fact = model.facts.find((candidate) => candidate.label === label);
    return fact && { label, number: fact.kind !== "text", cell: ({ place }) => typed(String(factValue(model, label, place))) };
  }
  const period = (posting) => model.periods[posting.period - 1];
  const zone = ({ place }) => model.zones[place.zones[model.raw.zones.main]];
  return {
    period: { label: "Vague", cell: (posting) => period(posting).label },
    dates: { label: "Dates", cell: (posting) => period(posting).dates },
    series: { label: model.raw.words.one, cell: (posting) => numbered(model.series[posting.series]) },
    state: { label: "Raison", cell: ({ place }) => model.raw.states[place.state] },
    zone: model.raw.zones.levels.length > 0 && {
      label: model.raw.zones.levels[model.raw.zones.main],
      cell: (posting) => (zone(posting) ? typed(zone(posting).name) : "–"),
    },
  }[name];
}

/** A table of faces that follows the filters; a long one shows its first rows, then all. What it
 * shows is what is printed. */
function facesSection(model, raw, actions) {
  const columns = raw.columns.map((name) => faceColumn(model, name)).filter(Boolean);
  const numbers = columns.flatMap((column, i) => (column.number ? [i] : []));
  const table = makeTable(raw.caption, columns.map(({ label }) => label), numbers);
  const more = el("button", { type: "button", class: "more", hidden: true, on: { click: () => write(rows.length) } });
  const left = el("p", { class: "paper-only" });
  let rows = [];
  const row = (entry) => el("tr", {}, columns.map(({ cell, number }, i) => (i === 0
    ? headCell(cell(entry), () => actions.face(entry.place))
    : el("td", { class: number ? "number" : null }, cell(entry)))));
  const write = (limit) => {
    fill(table.body, rows.slice(0, limit).map(row));
    more.hidden = rows.length <= limit;
    left.textContent = more.hidden ? "" : `À l’écran : ${counted(rows.length - limit, "ligne", "lignes")} de plus.`;
    more.textContent = `Afficher les ${counted(rows.length - limit, "ligne suivante", "lignes suivantes")}`;
  };
  const update = (chosen) => {
    rows = raw.kind === "postings" ? chosen.postings : unusedHere(model).map((place) => ({ place }));
    table.caption.textContent = `${raw.caption} : ${counted(rows.length, "ligne", "lignes")}`;
    write(FIRST_ROWS);
  };
  model.listeners.push(update);
  return section(raw.title, table.node, more, left);
}

function unusedHere(model) {
  return model.places.filter((place) => place.postings.length === 0 && inZone(model, place));
}

function makeSections(model, actions) {
  const make = {
    rows: (raw) => rowsSection(raw, actions),
    list: listSection,
    gallery: (raw) => gallerySection(model, raw, actions),
    postings: (raw) => facesSection(model, raw, actions),
    unused: (raw) => facesSection(model, raw, actions),
  };
  fill(byId("tableaux"), model.raw.sections.map((raw) => make[raw.kind](raw)));
}
