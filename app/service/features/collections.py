"""The collections of a campaign: what a feature of each has, and what may be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Property:
    """A property of features.

    Parameters
    ----------
    type, format
        Of JSON Schema.
    is_queryable
        Whether features may be asked for by its value.
    is_price
        Whether it is for those alone who may read the order.
    """

    name: str
    title: str
    type: str = "string"
    format: str = ""
    is_queryable: bool = False
    is_price: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of features.

    Parameters
    ----------
    geometry
        The types of GeoJSON that its features have.
    is_of_plan
        Whether it comes from a plan, and its features have a time; else from the inputs.
    """

    collection_id: str
    title: str
    description: str
    geometry: tuple[str, ...]
    properties: tuple[Property, ...]
    is_of_plan: bool = False

    def shown(self, *, prices: bool) -> tuple[Property, ...]:
        """Return the properties that somebody sees who may read prices, or may not."""
        return tuple(p for p in self.properties if prices or not p.is_price)

    @property
    def queryable(self) -> Mapping[str, Property]:
        """Return the properties that features may be asked for by."""
        return {p.name: p for p in self.properties if p.is_queryable}


def _key(name: str, title: str, type_: str = "string") -> Property:
    return Property(name, title, type_, is_queryable=True)


_PANEL = (
    _key("operator", "Media owner"),
    _key("format", "Format"),
    Property("surface_m2", "Surface in square metres", "number"),
    _key("support", "Kind of panel"),
    Property("lit", "Whether it is lit", "boolean"),
    Property("address", "Address"),
)

ZONES = Collection(
    "zones",
    "Zones",
    "The zones of the campaign: a tree of polygons.",
    ("Polygon", "MultiPolygon"),
    (
        _key("zone_id", "Id of the zone"),
        _key("name", "Name"),
        _key("level", "Level in the tree"),
        _key("parent_id", "The zone that it lies in"),
        Property("population", "Inhabitants", "integer"),
    ),
)
MAISONS = Collection(
    "maisons",
    "Maisons du Département",
    "The venues of the exhibition.",
    ("Point",),
    (
        _key("maison_id", "Id of the Maison"),
        _key("name", "Name"),
        Property("address", "Address"),
        _key("postcode", "Postcode"),
        _key("city", "Town"),
        _key("zone_id", "The zone that it is in"),
        Property("staff", "People who work there", "integer"),
        Property("opening", "Opening hours, as OpenStreetMap writes them"),
        _key("precision", "How well the point is known"),
    ),
)
FACES = Collection(
    "faces",
    "Faces",
    "The inventory: sides of panels that can be bought.",
    ("Point",),
    (
        _key("face_id", "Id of the face"),
        _key("panel_id", "Id of the panel"),
        *_PANEL,
        _key("postcode", "Postcode"),
        _key("city", "Town"),
        _key("insee", "Code of the commune"),
        Property("contacts", "Contacts in one period", "number"),
        Property("price_eur", "Euros before tax for one period", "number", is_price=True),
        Property("available", "Periods in which it is for sale, joined by |; empty for all"),
        Property("bearing", "Degrees clockwise from north", "number"),
        _key("precision", "How well the point is known"),
    ),
)
POSTINGS = Collection(
    "postings",
    "Postings",
    "What a plan posts: one portrait on one face for one period.",
    ("Point",),
    (
        _key("face_id", "Id of the face"),
        _key("period", "Period, counted from 1", "integer"),
        Property("starts", "First day of posting", format="date"),
        Property("ends", "Last day of posting", format="date"),
        _key("portrait_id", "Id of the portrait"),
        _key("state", "Where this line of the order stands"),
        _key("zone", "Name of the zone"),
        *_PANEL,
        _key("city", "Town"),
        _key("insee", "Code of the commune"),
        Property("price_eur", "Euros before tax", "number", is_price=True),
    ),
    is_of_plan=True,
)
TOUR = Collection(
    "tour",
    "Tour",
    "The itinerant exhibition of a plan: its stops as points, the drives between them as lines.",
    ("Point", "LineString"),
    (
        _key("kind", "stop or leg"),
        _key("kit", "Kit, counted from 1", "integer"),
        Property("begins", "Arrival at a stop, departure of a leg", format="date-time"),
        Property("ends", "Departure from a stop, arrival of a leg", format="date-time"),
        _key("maison_id", "The Maison of a stop"),
        Property("name", "Its name"),
        _key("city", "Its town"),
        Property("open_on", "Days on which a stop is open, joined by |"),
        _key("from_id", "The Maison that a leg begins at"),
        _key("to_id", "The Maison that a leg ends at"),
        Property("drive_min", "Minutes of driving", "number"),
        Property("km", "Kilometres", "number"),
        _key("source", "Where the driving time comes from: table, roads or estimate"),
        Property("is_empty", "Whether the kit is not on board", "boolean"),
    ),
    is_of_plan=True,
)


def _part_of_tour(
    collection_id: str, title: str, description: str, geometry: str, *names: str
) -> Collection:
    """Return a collection of what is of one kind: many GIS programs draw one geometry a layer."""
    properties = tuple(p for p in TOUR.properties if p.name in names)
    return Collection(collection_id, title, description, (geometry,), properties, is_of_plan=True)


STOPS = _part_of_tour(
    "tour-stops", "Stops of the tour", "The stops of the tour alone, as points.", "Point",
    "kit", "begins", "ends", "maison_id", "name", "city", "open_on",
)  # fmt: skip
LEGS = _part_of_tour(
    "tour-legs", "Drives of the tour", "The drives of the tour alone, as lines.", "LineString",
    "kit", "begins", "ends", "from_id", "to_id", "drive_min", "km", "source", "is_empty",
)  # fmt: skip

COLLECTIONS: Mapping[str, Collection] = {
    each.collection_id: each for each in (ZONES, MAISONS, FACES, POSTINGS, TOUR, STOPS, LEGS)
}
"""Every collection by its id."""
