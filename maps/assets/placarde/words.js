// French as people read it, and as they type it in the search box.

const NBSP = "\u00a0";
const wholeNumbers = new Intl.NumberFormat("fr-FR", { maximumFractionDigits: 2 });
const euroNumbers = new Intl.NumberFormat("fr-FR", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

function counted(n, one, many) {
  return `${wholeNumbers.format(n)}${NBSP}${n < 2 ? one : many}`;
}

function shown(kind, value) {
  if (value === null || value === undefined || value === "") return "";
  if (kind === "euros") return `${(value % 100 ? euroNumbers : wholeNumbers).format(value / 100)}${NBSP}€`;
  return kind === "number" ? wholeNumbers.format(value) : value;
}

/** Return the words of a text without case, accents or punctuation; « St » is « Saint ». */
function wordsOf(text) {
  return text
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/œ/g, "oe")
    .replace(/æ/g, "ae")
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .map((word) => ({ st: "saint", ste: "sainte" })[word] || word);
}

/** Return a name as it stands in a link: `Bourg-d’Oisans` is `bourg-d-oisans`. */
function slug(text) {
  const letters = text.toLowerCase().replace(/œ/g, "oe").replace(/æ/g, "ae").normalize("NFD").replace(/\p{M}/gu, "");
  return (letters.match(/[a-z0-9]+/g) || []).join("-").slice(0, 80);
}

/** Return the number that a cell of a table shows, for sorting; NaN for text. */
function numberIn(text) {
  const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  return /^-?\d+(\.\d+)?(€|%)?$/.test(plain) ? parseFloat(plain) : NaN;
}

/** Tell whether each word that was asked for begins a word of a text, all of them different. */
function matches(asked, words) {
  const left = words.slice();
  return asked.every((word) => {
    const place = left.findIndex((candidate) => candidate.startsWith(word));
    if (place >= 0) left.splice(place, 1);
    return place >= 0;
  });
}
