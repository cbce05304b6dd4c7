// The search box: zones, Maisons, portraits, and faces by name or address.

const MOST_RESULTS = 8;

function entriesOf(model, venues) {
  const entry = (kind, label, go, more = "") => ({ kind, label, go, more });
  const levels = model.raw.zones.levels;
  return [
    ...model.zones.map((zone) => entry(levels[zone.level], zone.name, (actions) => actions.zone(zone.index))),
    ...venues.map((venue) => entry("Maison", venue.name, (actions) => actions.venue(venue), venue.city)),
    ...model.series.map((series, i) => entry(`${model.raw.words.one} n° ${series.mark}`, series.label, (actions) => actions.series(i), series.detail)),
    ...faceEntries(model, entry),
  ];
}

function faceEntries(model, entry) {
  const named = (label) => model.facts.find((fact) => fact.label === label);
  const [ids, address, city] = [named("Face"), named("Adresse"), named("Commune")];
  const name = ids || address;
  if (!name) return [];
  const more = (place) => [ids && address, city].filter(Boolean).map((fact) => fact.values[place.index]).join(" ");
  return model.places.map((place) => {
    const label = name.values[place.index] || more(place);
    return { kind: "Face", label, go: (actions) => actions.face(place), more: more(place) };
  });
}

/** Return the entries that match, those that begin with what was typed first. */
function find(entries, text) {
  const asked = wordsOf(text);
  if (asked.length === 0) return [];
  // The words of a hundred thousand faces are worked out when somebody first asks.
  const words = (entry) => (entry.words ||= wordsOf(`${entry.label} ${entry.more}`));
  const found = entries.filter((entry) => matches(asked, words(entry)));
  const begins = ({ words: [first] }) => (first.startsWith(asked[0]) ? 0 : 1);
  const face = ({ kind }) => (kind === "Face" ? 1 : 0);
  return found.sort((a, b) => face(a) - face(b) || begins(a) - begins(b) || a.words.length - b.words.length).slice(0, MOST_RESULTS);
}

/** A combobox after the ARIA pattern: arrows move, Enter goes, Escape closes. */
function makeSearch(entries, actions) {
  let results = [];
  let active = -1;
  const list = el("ul", { id: "recherche-liste", role: "listbox", "aria-label": "Résultats", class: "results", hidden: true });
  const input = el("input", {
    id: "recherche", type: "search", role: "combobox", autocomplete: "off", spellcheck: "false",
    "aria-expanded": "false", "aria-controls": "recherche-liste", "aria-autocomplete": "list",
    placeholder: "Commune, face, Maison…",
  });
  const status = el("p", { class: "unseen", role: "status" });
  const show = () => {
    list.hidden = results.length === 0;
    input.setAttribute("aria-expanded", String(results.length > 0));
    fill(list, results.map((result, i) => el("li", {
      role: "option", id: `resultat-${i}`, "aria-selected": String(i === active),
      on: { mousedown: (event) => event.preventDefault(), click: () => go(i) },
    }, typed(result.label), el("small", {}, result.kind))));
    if (active >= 0) input.setAttribute("aria-activedescendant", `resultat-${active}`);
    else input.removeAttribute("aria-activedescendant");
  };
  const close = () => { results = []; active = -1; show(); };
  const go = (i) => { const { label, go: follow } = results[i]; input.value = label; close(); follow(actions); };
  input.addEventListener("input", () => {
    results = find(entries, input.value);
    active = -1;
    show();
    status.textContent = input.value ? counted(results.length, "résultat", "résultats") : "";
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    else if (results.length === 0) return;
    else if (event.key === "ArrowDown") active = (active + 1) % results.length;
    else if (event.key === "ArrowUp") active = (active <= 0 ? results.length : active) - 1;
    else if (event.key === "Enter") { go(Math.max(active, 0)); return; }
    else return;
    event.preventDefault();
    show();
  });
  input.addEventListener("blur", close);
  return el("div", { class: "field search" }, el("label", { for: "recherche" }, "Rechercher"), input, list, status);
}
