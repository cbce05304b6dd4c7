// Elements of the page. Text is only ever a text node: nothing typed is parsed as markup.

/** Return an element; `attributes.on` holds its listeners, `attributes.vars` its CSS variables. */
function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  const { on = {}, vars = {}, ...plain } = attributes || {};
  for (const [name, value] of Object.entries(plain)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  for (const [event, listener] of Object.entries(on)) node.addEventListener(event, listener);
  for (const [name, value] of Object.entries(vars)) node.style.setProperty(`--${name}`, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** Replace everything inside an element. */
function fill(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
}

function byId(id) {
  return document.getElementById(id);
}

/** Return text that was typed, kept from reordering what stands around it.
 *
 * Paper breaks words where a column is narrow; ids and other short texts stay whole. */
const LONGEST_WHOLE = 10;

function typed(text) {
  return el("bdi", String(text).length <= LONGEST_WHOLE ? { class: "unbroken" } : {}, text);
}

/** Return the numbered sign of a portrait: its number says it, shape and colour only help. */
function disc(series) {
  const options = { class: `disc ${series.shape}`, "aria-hidden": "true", vars: { colour: series.colour } };
  return el("span", options, el("span", {}, series.mark));
}

function numbered(series) {
  return el("span", { class: `numbered${series.label.length > 16 ? "" : " short"}` }, disc(series),
    el("span", { class: "unseen" }, `n° ${series.mark}, `), typed(series.label));
}
