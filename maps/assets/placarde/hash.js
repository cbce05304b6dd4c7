// The state of the page in its address, so that a link opens on one territoire, one commune, one
// period: `#territoire=oisans&vague=2`. Names are those of `slug`.

const SHOWS = { unused: "libres", all: "toutes" };

function readHash() {
  const entries = window.location.hash.slice(1).split("&").filter((part) => part.includes("="));
  try {
    return Object.fromEntries(entries.map((part) => part.split(/=(.*)/s).slice(0, 2).map((text) => decodeURIComponent(text))));
  } catch { return {}; }
}

/** Return the zone that a link names, by its level and its name, -1 for none. */
function zoneInHash(model, state) {
  const levels = model.raw.zones.levels.map(slug);
  return model.zones.findIndex(({ level, name }) => state[levels[level]] !== undefined && slug(state[levels[level]]) === slug(name));
}

function hashOf(model, { map, background, moved }) {
  const { series, period, format, show } = model.filters;
  const parts = [];
  const zone = model.zones[model.outlined];
  if (zone) parts.push([slug(model.raw.zones.levels[zone.level]), slug(zone.name)]);
  if (period) parts.push(["vague", model.periods[period - 1].number]);
  if (series.size) parts.push(["portraits", [...series].map((i) => model.series[i].mark).join(",")]);
  if (format) parts.push(["format", slug(format)]);
  if (SHOWS[show]) parts.push(["faces", SHOWS[show]]);
  if (background.value !== "ign") parts.push(["fond", background.value]);
  if (moved) {
    const { lat, lng } = map.getCenter();
    parts.push(["vue", `${lat.toFixed(4)},${lng.toFixed(4)},${map.getZoom()}`]);
  }
  return parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

/** Open what the address says, now and whenever it changes, and write there what is chosen. */
function keepAddress(model, map, { actions, background }) {
  let moved = false;
  let applying = false;
  const write = () => {
    if (applying) return;
    const hash = hashOf(model, { map, background, moved });
    if (hash === window.location.hash.slice(1) || (!hash && !window.location.hash.includes("="))) return;
    try { window.history.replaceState(null, "", hash ? `#${hash}` : window.location.pathname); } catch { /* some browsers keep the address of a file as it is */ }
  };
  const apply = () => {
    const state = readHash();
    if (Object.keys(state).length === 0) return;
    applying = true;
    const marks = (state.portraits || "").split(",");
    const series = new Set(model.series.flatMap(({ mark }, i) => (marks.includes(mark) ? [i] : [])));
    const period = model.periods.findIndex(({ number }) => number === Number(state.vague)) + 1;
    const format = model.formats.find((name) => state.format && slug(name) === slug(state.format)) || "";
    const show = model.raw.states ? Object.keys(SHOWS).find((name) => SHOWS[name] === state.faces) || "posted" : "posted";
    choose(model, { series, period, format, show });
    if (state.fond) background.set(state.fond);
    const zone = zoneInHash(model, state);
    actions.zone(zone, { quiet: true });
    const [lat, lng, zoom] = (state.vue || "").split(",").map(Number);
    moved = [lat, lng, zoom].every(Number.isFinite) && Math.abs(lat) <= 85 && Math.abs(lng) <= 180;
    if (moved) map.setView([lat, lng], zoom, { animate: false });
    applying = false;
    write();
  };
  map.on("dragend", () => { moved = true; });
  map.getContainer().addEventListener("wheel", () => { moved = true; }, { passive: true });
  map.on("moveend", write);
  model.listeners.push(write);
  background.listeners.push(write);
  window.addEventListener("hashchange", apply);
  apply();
  return { forget: () => { moved = false; } };
}
