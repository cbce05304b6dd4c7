// The data of the page, decoded, and what the reader has chosen to see of it.

const DEGREE = 1e5;

/** Return the whole numbers of a text in the letters of Google's encoded polylines. */
function decode(text, from = 0) {
  const values = [];
  for (let at = from; at < text.length;) {
    let value = 0;
    let bits = 32;
    for (let shift = 0; bits >= 32; shift += 5) {
      bits = text.charCodeAt(at++) - 63;
      value |= (bits & 31) << shift;
    }
    values.push(value & 1 ? ~(value >> 1) : value >> 1);
  }
  return values;
}

/** Return a packed column: numbers as they are, differences, or runs, by its first letter. */
function unpack(text) {
  const values = decode(text, 1);
  if (text[0] === "d") {
    let total = 0;
    return values.map((step) => (total += step));
  }
  if (text[0] === "r") return values;
  const column = [];
  for (let i = 0; i < values.length; i += 2) {
    for (let n = values[i + 1]; n > 0; n--) column.push(values[i]);
  }
  return column;
}

/** Return the values of a column of text or of numbers. */
function column({ v, d, i, n, p, w }) {
  if (v) return v;
  if (d) return unpack(i).map((index) => d[index]);
  return p === undefined ? unpack(n) : unpack(n).map((number) => p + String(number).padStart(w, "0"));
}

/** Return the points `[lat, lng]` of an encoded polyline of five decimals. */
function decodeRing(text) {
  const steps = decode(text);
  const points = [];
  for (let i = 0, lat = 0, lng = 0; i < steps.length; i += 2) {
    lat += steps[i];
    lng += steps[i + 1];
    points.push([lat / DEGREE, lng / DEGREE]);
  }
  return points;
}

function readZones(raw) {
  const [level, parent, weight, lat, lng] = [raw.level, raw.parent, raw.weight, raw.lat, raw.lng].map(unpack);
  return raw.name.map((name, i) => ({
    index: i,
    name,
    level: level[i],
    parent: parent[i],
    weight: weight[i],
    at: [lat[i] / DEGREE, lng[i] / DEGREE],
    rings: raw.shape[i].map((polygon) => polygon.map(decodeRing)),
  }));
}

/** Return the zone of each place at each level, coarse to fine; -1 for none. */
function zonesOfPlaces(raw, zones) {
  const levels = raw.zones.map((text) => text && unpack(text));
  for (let level = levels.length - 2; level >= 0; level--) {
    levels[level] = levels[level] || levels[level + 1].map((zone) => (zone < 0 ? -1 : zones[zone].parent));
  }
  return levels;
}

function readPlaces(raw, zones) {
  const lat = unpack(raw.lat);
  const lng = unpack(raw.lng);
  const levels = zonesOfPlaces(raw, zones);
  const state = raw.state && unpack(raw.state);
  const facts = raw.facts.map((fact) => ({ ...fact, values: column(fact.column) }));
  const places = lat.map((_, i) => ({
    index: i,
    at: [lat[i] / DEGREE, lng[i] / DEGREE],
    zones: levels.map((level) => level[i]),
    state: state ? state[i] : 0,
    postings: [],
  }));
  return { places, facts };
}

/** Return the places by point: the two sides of a panel stand on one point, and are one sign. */
function spotsOf(places) {
  const spots = new Map();
  for (const place of places) {
    const name = place.at.join();
    if (!spots.has(name)) spots.set(name, { at: place.at, places: [] });
    place.spot = spots.get(name);
    place.spot.places.push(place);
  }
  return [...spots.values()];
}

function readPostings(raw, places) {
  const [place, period, series] = [raw.place, raw.period, raw.series].map(unpack);
  const why = raw.why && Object.fromEntries(
    ["why", "worth", "rival", "bar", "behind", "rivals"].map((name) => [name, unpack(raw[name])]));
  const postings = place.map((at, i) => ({ index: i, place: places[at], period: period[i], series: series[i] }));
  for (const posting of postings) posting.place.postings.push(posting);
  return { postings, why };
}

/** Return the model: decoded data, the filters, and who is told when they change. */
function readModel(raw) {
  const zones = readZones(raw.zones);
  const { places, facts } = readPlaces(raw.places, zones);
  const format = facts.find(({ label }) => label === "Format");
  const formats = format ? [...new Set(format.values)].filter(Boolean).sort() : [];
  return {
    raw, places, facts, zones, formats,
    ...readPostings(raw.postings, places),
    spots: spotsOf(places),
    series: raw.series,
    periods: raw.periods,
    finest: raw.zones.levels.length - 1,
    formatOf: (place) => (format ? format.values[place.index] : ""),
    filters: { series: new Set(), period: 0, zone: -1, format: "", show: "posted" },
    outlined: -1,
    listeners: [],
  };
}

function factValue(model, label, place) {
  const fact = model.facts.find((candidate) => candidate.label === label);
  return fact ? shown(fact.kind, fact.values[place.index]) : "";
}

/** Tell whether the choices of zone and format leave a place. */
function inView(model, place) {
  const { zone, format } = model.filters;
  return (zone < 0 || place.zones.includes(zone)) && (!format || model.formatOf(place) === format);
}

/** Return what the filters leave: postings, the places that carry them, the unused places. */
function selection(model) {
  const { series, period, show } = model.filters;
  const kept = show === "unused" ? [] : model.postings.filter((posting) =>
    (series.size === 0 || series.has(posting.series)) &&
    (period === 0 || posting.period === period) && inView(model, posting.place));
  const byPlace = new Map();
  for (const posting of kept) {
    if (!byPlace.has(posting.place)) byPlace.set(posting.place, []);
    byPlace.get(posting.place).push(posting);
  }
  return { postings: kept, byPlace, unused: show === "posted" ? [] : unusedHere(model) };
}

function unusedHere(model) {
  return model.places.filter((place) => place.postings.length === 0 && inView(model, place));
}

/** Change filters and tell everything that shows them. */
function choose(model, changes) {
  Object.assign(model.filters, changes);
  const chosen = selection(model);
  for (const listener of model.listeners) listener(chosen);
}
