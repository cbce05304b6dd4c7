// Remarks on a face, a zone or the whole plan. They stay in this browser until the reader saves the
// file or writes the mail; nothing is sent by itself.

const MOST_IN_A_MAIL = 1500;

/** Return what a remark is about, without any id that the page does not show. */
function faceSubject(model, place) {
  const words = ["Adresse", "Commune"].map((label) => factValue(model, label, place)).filter(Boolean);
  const face = factValue(model, "Face", place);
  return {
    kind: "face", ...(face ? { face } : {}), lat: place.at[0], lng: place.at[1],
    label: [face, ...words].filter(Boolean).join(", ") || "Face d’affichage",
  };
}

function zoneSubject(model, zone) {
  return { kind: "zone", level: model.raw.zones.levels[zone.level], label: zone.name };
}

/** Return a list that survives closing the page, where the browser allows it. */
function storedList(name) {
  let list = [];
  let kept = true;
  try {
    const found = JSON.parse(window.localStorage.getItem(name) || "[]");
    list = Array.isArray(found) ? found.filter((each) => each && each.target && typeof each.text === "string") : [];
  } catch { kept = false; }
  const save = () => {
    try { window.localStorage.setItem(name, JSON.stringify(list)); } catch { kept = false; }
  };
  return {
    all: () => list,
    add(item) { list.push(item); save(); },
    remove(item) { list = list.filter((other) => other !== item); save(); },
    kept: () => kept,
  };
}

/** Return the dialog that asks for a remark. */
function remarkDialog(onRemark) {
  let subject = null;
  const about = el("p", { class: "note", id: "remarque-sujet" });
  const text = el("textarea", { id: "remarque-texte", rows: "5", maxlength: "2000", "aria-describedby": "remarque-sujet" });
  const author = el("input", { id: "remarque-auteur", maxlength: "120", autocomplete: "name" });
  const keep = () => {
    if (text.value.trim() === "") { text.focus(); return; }
    dialog.close();
    onRemark({ target: subject, text: text.value.trim(), author: author.value.trim(), at: new Date().toISOString() });
    text.value = "";
  };
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": "remarque-titre" },
    el("h2", { id: "remarque-titre" }, "Laisser une remarque"), about,
    el("div", { class: "field" }, el("label", { for: "remarque-texte" }, "Votre remarque"), text),
    el("div", { class: "field" }, el("label", { for: "remarque-auteur" }, "Votre nom (facultatif)"), author),
    el("div", { class: "buttons" },
      el("button", { type: "button", class: "button strong", on: { click: keep } }, "Garder la remarque"),
      el("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Annuler")));
  document.body.append(dialog);
  return (about_) => {
    subject = about_;
    fill(about, typed(subject.label));
    dialog.showModal();
    text.focus();
  };
}

/** Return the section of the remarks, and what opens the dialog on a subject. */
function makeReview(model) {
  const { review, head } = model.raw;
  const remarks = storedList(`placarde:${review.plan}:${review.page}`);
  const node = el("div");
  const ask = remarkDialog((remark) => { remarks.add(remark); write(); node.querySelector(".remarks li:last-child button").focus(); });
  const whole = { kind: "plan", label: "L’ensemble du plan" };
  const document_ = () => ({ schema: review.schema, plan: review.plan, page: review.page, campaign: head.title, remarks: remarks.all() });
  const line = (remark) => el("li", {}, el("strong", {}, typed(remark.target.label)), el("p", {}, typed(remark.text)),
    el("p", { class: "small" }, typed(remark.author || "Sans nom"), ` – ${dayOf(remark.at)} `,
      el("button", { type: "button", class: "link", on: { click: () => { remarks.remove(remark); write(); } } }, "Supprimer", el("span", { class: "unseen" }, " cette remarque"))));
  const own = section("Vos remarques", node);
  const write = () => {
    const some = remarks.all().length > 0;
    own.classList.toggle("unsaid", !some);
    fill(node, el("p", { class: "note" }, "Vos remarques restent dans ce navigateur ; rien ne part tout seul. Enregistrez le fichier, ou écrivez un courriel, pour les transmettre.".replace(" ;", `${NBSP};`)),
      remarks.kept() ? null : el("p", { class: "note" }, "Ce navigateur ne garde rien pour cette page : enregistrez vos remarques avant de la fermer.".replace(" :", `${NBSP}:`)),
      some ? el("ul", { class: "remarks" }, remarks.all().map(line)) : el("p", {}, "Aucune remarque."),
      el("div", { class: "buttons" },
        el("button", { type: "button", class: "button", on: { click: () => ask(whole) } }, "Laisser une remarque sur le plan"),
        some ? el("button", { type: "button", class: "button", on: { click: () => download(`remarques-${review.page}.json`, "application/json", `${JSON.stringify(document_(), null, 2)}\n`) } }, "Enregistrer le fichier des remarques") : null,
        some ? el("a", { class: "button", href: mailOf(head.title, remarks.all()) }, "Écrire un courriel") : null));
  };
  write();
  return { ask, node: own };
}

function dayOf(iso) {
  const day = new Date(iso);
  return Number.isNaN(day.getTime()) ? "" : day.toLocaleDateString("fr-FR", { dateStyle: "long" });
}

/** Return the address of a mail that holds the remarks, shortened where it would be too long. */
function mailOf(title, remarks) {
  const whole = remarks.map(({ target, text, author }) => `– ${target.label} : ${text}${author ? ` (${author})` : ""}`).join("\n\n");
  const body = whole.length > MOST_IN_A_MAIL ? `${whole.slice(0, MOST_IN_A_MAIL)}…\n\n(Suite dans le fichier des remarques, à joindre.)` : whole;
  const parts = [`Remarques – ${title}`, body].map((part) => encodeURIComponent(part.toWellFormed ? part.toWellFormed() : part));
  return `mailto:?subject=${parts[0]}&body=${parts[1]}`;
}
