// The card over the map: everything about the face, the Maison or the zone that was chosen.

function makeCard(model, onRemark, ring) {
  const card = byId("fiche");
  let opener = null;
  const close = () => {
    card.hidden = true;
    ring(null);
    if (opener && document.contains(opener)) opener.focus();
    opener = null;
  };
  const open = (heading, kind, body, subject) => {
    if (card.hidden) opener = document.activeElement;
    ring(null);
    const button = el("button", { type: "button", class: "card-close", "aria-label": "Fermer le détail", on: { click: close } }, "×");
    fill(card, button, el("p", { class: "card-kind" }, kind), el("h3", {}, typed(heading)), body,
      subject ? el("button", { type: "button", class: "link", on: { click: () => onRemark(subject) } }, "Laisser une remarque") : null);
    card.hidden = false;
  };
  card.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  return {
    close,
    face: (place) => { open(...faceCard(model, place), faceSubject(model, place)); ring(place); },
    venue: (venue) => open(venue.name, venue.mark ? `Étape ${venue.mark} de l’exposition` : "Maison du Département", factList(venue.facts)),
    zone: (zone) => open(...zoneCard(model, zone), zoneSubject(model, zone)),
  };
}

function factList(pairs) {
  return el("dl", {}, pairs.filter(([, value]) => value !== "").flatMap(([label, value]) =>
    [el("dt", {}, label), el("dd", {}, typed(value))]));
}

/** Return the card of a face, and of the others that stand on the same point. */
function faceCard(model, place) {
  const others = place.spot.places.filter((other) => other !== place);
  const heading = factValue(model, "Adresse", place) || factValue(model, "Commune", place) || "Sans adresse";
  const kind = others.length ? `Panneau de ${counted(others.length + 1, "face", "faces")}` : "Face d’affichage";
  return [heading, kind, el("div", {}, faceDetail(model, place),
    others.map((other, i) => el("details", {}, el("summary", {}, typed(factValue(model, "Face", other) || `Autre face ${i + 1}`)),
      faceDetail(model, other))))];
}

function faceDetail(model, place) {
  const facts = model.facts.map((fact) => [fact.label, shown(fact.kind, fact.values[place.index])]);
  const named = new Set(facts.map(([label]) => label));
  const zones = place.zones
    .map((zone, level) => [model.raw.zones.levels[level], zone < 0 ? "" : model.zones[zone].name])
    .filter(([label], level) => level > 0 && !named.has(label));
  const state = place.postings.length ? el("ul", { class: "card-postings" }, place.postings.map((posting) => postingLine(model, posting)))
    : el("p", {}, model.raw.states[place.state]);
  return el("div", {}, state, factList([...facts, ...zones]));
}

function postingLine(model, posting) {
  const { label, dates } = model.periods[posting.period - 1];
  const series = model.series[posting.series];
  return el("li", {},
    series.image ? el("img", { class: "thumb", src: series.image, alt: "", loading: "lazy" }) : null, numbered(series),
    el("span", { class: "card-dates" }, `${label}, ${dates}`),
    series.detail ? el("span", { class: "card-dates" }, typed(series.detail)) : null,
    reasonOf(model, posting));
}

function zoneCard(model, zone) {
  const here = model.postings.filter((posting) => posting.place.zones.includes(zone.index));
  const series = [...new Set(here.map((posting) => posting.series))].sort((a, b) => a - b);
  const above = [];
  for (let parent = zone.parent; parent >= 0; parent = model.zones[parent].parent) {
    above.push([model.raw.zones.levels[model.zones[parent].level], model.zones[parent].name]);
  }
  const body = el("div", {},
    factList([...above, ...peopleOf(model, zone)]),
    el("p", {}, here.length ? counted(here.length, ...model.raw.words.counted) : `Aucun ${model.raw.words.counted[0]} ici.`),
    el("ul", { class: "card-postings" }, series.map((index) => el("li", {}, numbered(model.series[index])))));
  return [zone.name, model.raw.zones.levels[zone.level], body];
}

function peopleOf(model, zone) {
  return model.raw.zones.people && zone.weight ? [["Habitants", wholeNumbers.format(zone.weight)]] : [];
}
