// A table as CSV that French spreadsheets open: UTF-8 with a mark, semicolons, nothing that runs.

const RUNS = /^[=+\-@\t\r\n＝＋－＠\ufe62\ufe63\ufe66\ufe6b\u2212]/;

/** Return a cell: text that a spreadsheet would run gets an apostrophe in front. */
function csvCell(text) {
  const inert = RUNS.test(text) && Number.isNaN(numberIn(text)) ? `'${text}` : text;
  return /[";\r\n]/.test(inert) ? `"${inert.replace(/"/g, '""')}"` : inert;
}

function csvOf(rows) {
  return `\ufeff${rows.map((row) => `${row.map(csvCell).join(";")}\r\n`).join("")}`;
}

/** Give the reader a file that was made in the page; nothing is sent anywhere. */
function download(name, type, text) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = el("a", { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
