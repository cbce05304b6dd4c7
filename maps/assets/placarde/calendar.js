// The days of the exhibition and of the posting as months; the list of stops says the same.

const WEEKDAYS = [["lu", "lundi"], ["ma", "mardi"], ["me", "mercredi"], ["je", "jeudi"], ["ve", "vendredi"], ["sa", "samedi"], ["di", "dimanche"]];

function calendarSection(model, raw, venues, actions) {
  if (raw.months.length === 0) return null;
  const day = (cell) => {
    if (!cell) return el("td", { class: "outside" });
    const stops = cell.v.map((i) => el("button", { type: "button", class: "day-stop", on: { click: () => actions.venue(i) } },
      el("span", { class: "stop", "aria-hidden": "true" }, venues[i].mark),
      el("span", { class: "unseen" }, `Étape ${venues[i].mark}, `), typed(venues[i].city || venues[i].name)));
    const period = cell.p ? el("span", { class: "day-period" }, el("span", { class: "unseen" }, "Vague "), `V${cell.p}`) : null;
    return el("td", { class: cell.p ? `posted p${cell.p % 2}` : null }, el("span", { class: "day" }, String(cell.d)), period, stops);
  };
  const months = raw.months.map(({ name, weeks }) => el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Calendrier, ${name}` },
    el("table", { class: "month" }, el("caption", {}, name),
      el("thead", {}, el("tr", {}, WEEKDAYS.map(([short, long]) => el("th", { scope: "col", abbr: long }, short)))),
      el("tbody", {}, weeks.map((week) => el("tr", {}, week.map(day)))))));
  const note = model.postings.length ? `V1, V2…${NBSP}: vagues d’affichage. Carré numéroté${NBSP}: étape de l’exposition.` : "";
  return section(raw.title, el("p", { class: "note" }, note), el("div", { class: "months" }, months));
}
