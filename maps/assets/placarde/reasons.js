// Why a portrait is where it is (planner): the sentences come with the data.

function reasonOf(model, { index }) {
  const raw = model.raw.postings;
  if (!model.why) return null;
  const { why, worth, rival, bar, behind, rivals } = model.why;
  const known = (value) => value !== raw.unknown;
  const value = known(worth[index]) ? ` Il y vaut ${shown("euros", worth[index] * 100)}.` : "";
  const others = rivals[index] - 1;
  const next = rival[index] < 0
    ? "Aucun autre agent ne travaille ici."
    : `Ensuite${NBSP}: n°${NBSP}${model.series[rival[index]].mark}, ${standing(raw, bar[index], behind[index], known)}` +
      `${others > 0 ? ` ; ${counted(others, "autre possible", "autres possibles")}` : ""}.`;
  return el("details", { class: "why" }, el("summary", {}, "Pourquoi ce portrait ici"),
    el("p", {}, `${raw.whys[why[index]]}${value}`), el("p", {}, next.replace(" ;", `${NBSP};`)),
    value ? el("p", { class: "small" }, raw.note) : null);
}

/** Return what keeps a rival away: a rule, or by how much it is worth less. */
function standing(raw, bar, behind, known) {
  if (raw.bars[bar]) return `qui ${raw.bars[bar]}`;
  if (!known(behind) || behind === 0) return "qui y vaudrait autant";
  return `qui y vaudrait ${wholeNumbers.format(Math.abs(behind) / 10)}${NBSP}% de ${behind > 0 ? "moins" : "plus"}`;
}
