// The data of the page, decoded, and what the reader has chosen to see of it.

const DEGREE = 1e5;

function sums(differences) {
  let total = 0;
  return differences.map((step) => (total += step));
}

function column({ v, d, i }) {
  return v || i.map((index) => d[index]);
}

/** Return the points `[lat, lng]` of an encoded polyline of five decimals. */
function decodeRing(text) {
  const points = [];
  let at = 0;
  const next = () => {
    let value = 0;
    for (let shift = 0; ; shift += 5) {
      const bits = text.charCodeAt(at++) - 63;
      value |= (bits & 31) << shift;
      if (bits < 32) return value & 1 ? ~(value >> 1) : value >> 1;
    }
  };
  let lat = 0;
  let lng = 0;
  while (at < text.length) {
    lat += next();
    lng += next();
    points.push([lat / DEGREE, lng / DEGREE]);
  }
  return points;
}

function readZones(raw) {
  return raw.name.map((name, i) => ({
    index: i,
    name,
    level: raw.level[i],
    parent: raw.parent[i],
    weight: raw.weight[i],
    at: [raw.lat[i] / DEGREE, raw.lng[i] / DEGREE],
    rings: raw.shape[i].map((polygon) => polygon.map(decodeRing)),
  }));
}

function readPlaces(raw) {
  const lat = sums(raw.lat);
  const lng = sums(raw.lng);
  const facts = raw.facts.map((fact) => ({ ...fact, values: column(fact.column) }));
  const places = lat.map((_, i) => ({
    index: i,
    at: [lat[i] / DEGREE, lng[i] / DEGREE],
    zones: raw.zones.map((level) => level[i]),
    state: raw.state ? raw.state[i] : 0,
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

/** Return the model: decoded data, the filters, and who is told when they change. */
function readModel(raw) {
  const { places, facts } = readPlaces(raw.places);
  const at = sums(raw.postings.place);
  const postings = at.map((place, i) => ({
    place: places[place],
    period: raw.postings.period[i],
    series: raw.postings.series[i],
  }));
  for (const posting of postings) posting.place.postings.push(posting);
  const zones = readZones(raw.zones);
  return {
    raw, places, facts, postings, zones,
    spots: spotsOf(places),
    series: raw.series,
    periods: raw.periods,
    finest: raw.zones.levels.length - 1,
    filters: { series: new Set(), period: 0, zone: -1, show: "posted" },
    listeners: [],
  };
}

function factValue(model, label, place) {
  const fact = model.facts.find((candidate) => candidate.label === label);
  return fact ? shown(fact.kind, fact.values[place.index]) : "";
}

function inZone(model, place) {
  return model.filters.zone < 0 || place.zones.includes(model.filters.zone);
}

/** Return what the filters leave: postings, the places that carry them, the unused places. */
function selection(model) {
  const { series, period, show } = model.filters;
  const kept = show === "unused" ? [] : model.postings.filter((posting) =>
    (series.size === 0 || series.has(posting.series)) &&
    (period === 0 || posting.period === period) && inZone(model, posting.place));
  const byPlace = new Map();
  for (const posting of kept) {
    if (!byPlace.has(posting.place)) byPlace.set(posting.place, []);
    byPlace.get(posting.place).push(posting);
  }
  const unused = show === "posted" ? [] : model.places.filter((place) =>
    place.postings.length === 0 && inZone(model, place));
  return { postings: kept, byPlace, unused };
}

/** Change filters and tell everything that shows them. */
function choose(model, changes) {
  Object.assign(model.filters, changes);
  const chosen = selection(model);
  for (const listener of model.listeners) listener(chosen);
}
