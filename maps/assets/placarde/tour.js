// The exhibition: a numbered square a Maison, a dashed line in the order of the visits.

const KIT_DASHES = ["7 6", "2 6", "12 5 2 5", "16 6"];

/** Return the points of an arc that leaves the straight way to its right, so that the way there
 * and the way back are two lines. */
function arc([lat1, lng1], [lat2, lng2]) {
  const bend = 0.12;
  const middle = [(lat1 + lat2) / 2 - (lng2 - lng1) * bend * 0.7, (lng1 + lng2) / 2 + (lat2 - lat1) * bend * 1.4];
  return Array.from({ length: 25 }, (_, i) => {
    const t = i / 24;
    const along = (a, m, b) => (1 - t) * (1 - t) * a + 2 * t * (1 - t) * m + t * t * b;
    return [along(lat1, middle[0], lat2), along(lng1, middle[1], lng2)];
  });
}

function venuesOf(model) {
  const tour = model.raw.tour;
  const [lat, lng] = [tour.lat, tour.lng].map(unpack);
  return tour.name.map((name, i) => ({
    index: i,
    name,
    city: tour.city[i],
    at: [lat[i] / DEGREE, lng[i] / DEGREE],
    mark: tour.mark[i],
    depot: i === tour.depot,
    facts: tour.facts[i],
  }));
}

function drawTour(model, map, { renderer, onChoose }) {
  const group = L.featureGroup().addTo(map);
  const venues = venuesOf(model);
  for (const leg of model.raw.tour.legs) {
    const points = leg.line ? decodeRing(leg.line) : arc(venues[leg.from].at, venues[leg.to].at);
    const options = { renderer, pane: "lines", className: "leg", interactive: false, fill: false, lineCap: "round" };
    L.polyline(points, { ...options, weight: 5, opacity: 0.9, ink: "halo" }).addTo(group);
    const dashArray = leg.line && model.raw.tour.legs.every(({ kit }) => kit === 0) ? null : KIT_DASHES[leg.kit % KIT_DASHES.length];
    L.polyline(points, { ...options, weight: 2, ink: "route", dashArray }).addTo(group);
  }
  const paint = (colours) => group.eachLayer((layer) => layer.options.ink && layer.setStyle({ color: colours[layer.options.ink] }));
  theme.listeners.push(paint);
  paint(theme.now());
  const ordered = venues.slice().sort((a, b) => a.mark.localeCompare(b.mark, "fr", { numeric: true }));
  for (const venue of ordered) venueMarker(venue, onChoose).addTo(group);
  return { venues, group, count: () => venues.filter((venue) => venue.mark).length };
}

function venueMarker(venue, onChoose) {
  const sign = venue.mark || (venue.depot ? "D" : "");
  const kind = venue.mark ? "stop" : "stop stop-none";
  const marker = new FlatMarker(venue.at, {
    icon: L.divIcon({ className: "", html: el("span", { class: kind }, sign), iconSize: [24, 24] }),
    keyboard: true,
    riseOnHover: true,
  });
  marker.on("add", () => {
    const order = venue.mark ? `Étape ${venue.mark}${NBSP}: ` : `Sans étape${NBSP}: `;
    marker.getElement().setAttribute("aria-label", `${order}${venue.name}, ${venue.city}`);
    marker.getElement().addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      onChoose(venue);
    });
  });
  marker.on("click", () => onChoose(venue));
  marker.bindTooltip(() => el("span", {}, typed(venue.name)), { direction: "top", offset: [0, -10] });
  return marker;
}
