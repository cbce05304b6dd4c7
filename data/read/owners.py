"""The schemas of media owners, as a table: how their headings are called, and what each counts.

A schema is recognised by headings that only it has. It then lends its names to the columns that the
file does not already name as docs/formats.md does, and a warning says how each was read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

DAY, WEEK, FORTNIGHT, MONTH = 1, 7, 14, 30


@dataclass(frozen=True, slots=True)
class OwnerColumn:
    """Headings (folded) that mean one column of ours.

    `days` says for how many days its values count; 0 for those that count as the campaign does.
    """

    name: str
    headings: tuple[str, ...]
    days: int = 0


@dataclass(frozen=True, slots=True)
class OwnerSchema:
    """What an owner's files of one kind look like.

    Parameters
    ----------
    title
        How a planner would call it.
    kind
        Key in ``[files]``.
    marks
        Folded headings that tell it from others; `least` of them must be there.
    columns
        The earlier of two columns with one name comes first.
    provides
        Columns that are made from others when the file is read, and are not missed before.
    """

    title: str
    kind: str
    marks: frozenset[str]
    least: int
    columns: tuple[OwnerColumn, ...]
    provides: tuple[str, ...] = ()

    def names(self) -> dict[str, OwnerColumn]:
        """Return the column that each folded heading means."""
        return {heading: column for column in self.columns for heading in column.headings}


_FRENCH_COLUMNS = (
    OwnerColumn("face_id", ("n_face", "no_face", "num_face", "numero_face", "code_emplacement")),
    OwnerColumn(
        "panel_id",
        ("n_panneau", "num_panneau", "numero_panneau", "code_mobilier", "ref_mobilier"),
    ),
    OwnerColumn("operator", ("nom_afficheur", "nom_regie", "societe_affichage")),
    OwnerColumn("format", ("type_format", "libelle_format", "format_commercial", "format_m2")),
    OwnerColumn("surface_m2", ("surface_utile", "surface_utile_m2", "surface_visible_m2")),
    OwnerColumn("support", ("type_de_mobilier", "famille_mobilier", "type_de_support")),
    OwnerColumn("lit", ("eclaire_o_n", "eclaire_oui_non", "retro_eclaire")),
    OwnerColumn("address", ("adresse_emplacement", "libelle_emplacement", "emplacement")),
    OwnerColumn("postcode", ("code_postal_emplacement",)),
    OwnerColumn("city", ("nom_commune", "libelle_commune", "localite")),
    OwnerColumn("insee", ("code_commune", "code_commune_insee", "insee_com", "n_insee")),
    OwnerColumn("lat", ("lat_wgs84", "latitude_wgs84", "gps_lat", "y_wgs84")),
    OwnerColumn("lon", ("lon_wgs84", "longitude_wgs84", "gps_lon", "x_wgs84")),
    OwnerColumn("x", ("x_l93", "x_lambert93", "x_lambert_93")),
    OwnerColumn("y", ("y_l93", "y_lambert93", "y_lambert_93")),
    OwnerColumn(
        "contacts",
        (
            "contacts_semaine",
            "contacts_hebdo",
            "contacts_par_semaine",
            "odv_semaine",
            "odv_hebdo",
            "audience_semaine",
            "audience_hebdo",
        ),
        WEEK,
    ),
    OwnerColumn("contacts", ("contacts_14_jours", "odv_14_jours"), FORTNIGHT),
    OwnerColumn("contacts", ("contacts_jour", "contacts_par_jour", "odv_jour"), DAY),
    OwnerColumn("contacts", ("odv", "contacts_odv", "nb_contacts")),
    OwnerColumn(
        "price_eur",
        (
            "tarif_brut_ht_semaine",
            "tarif_net_ht_semaine",
            "tarif_ht_semaine",
            "tarif_semaine_ht",
            "prix_ht_semaine",
        ),
        WEEK,
    ),
    OwnerColumn("price_eur", ("tarif_brut_ht_14_jours", "tarif_ht_14_jours"), FORTNIGHT),
    OwnerColumn("price_eur", ("tarif_brut_ht", "tarif_net_ht", "tarif_brut", "tarif_net")),
    OwnerColumn("bearing", ("orientation_degres", "azimut_degres")),
)
_DIGITAL_COLUMNS = (
    OwnerColumn("face_id", ("frame_id", "frame_code", "screen_id")),
    OwnerColumn("panel_id", ("structure_id", "unit_id")),
    OwnerColumn("operator", ("publisher", "media_owner")),
    OwnerColumn("format", ("format_name",)),
    OwnerColumn("support", ("environment", "venue_type")),
    OwnerColumn("address", ("street", "location", "location_name")),
    OwnerColumn("postcode", ("zip", "zip_code", "postal_code")),
    OwnerColumn("city", ("town",)),
    OwnerColumn(
        "contacts",
        ("contacts_weekly", "weekly_contacts", "impressions_weekly", "weekly_impressions"),
        WEEK,
    ),
    OwnerColumn("contacts", ("contacts_daily", "impressions_daily", "daily_impressions"), DAY),
    OwnerColumn("contacts", ("contacts_monthly", "impressions_monthly"), MONTH),
    OwnerColumn("price_eur", ("price_weekly", "weekly_price", "rate_weekly"), WEEK),
    OwnerColumn("price_eur", ("price_daily", "rate_daily"), DAY),
    OwnerColumn("bearing", ("facing", "facing_degrees")),
)

FRENCH_LIST = OwnerSchema(
    "la liste d’un afficheur",
    "faces",
    frozenset(heading for column in _FRENCH_COLUMNS for heading in column.headings),
    1,
    _FRENCH_COLUMNS,
)
DIGITAL_FRAMES = OwnerSchema(
    "un export d’écrans numériques",
    "faces",
    frozenset(
        {"frame_id", "publisher", "format_name", "environment", "contacts_weekly", "screen_id"}
    ),
    2,
    _DIGITAL_COLUMNS,
)
OSM = OwnerSchema(
    "des panneaux d’OpenStreetMap (advertising=*)",
    "faces",
    frozenset({"advertising"}),
    1,
    (),
    provides=("face_id", "format", "contacts", "price_eur"),
)
OWNER_SCHEMAS = (OSM, DIGITAL_FRAMES, FRENCH_LIST)
"""In the order in which they are tried."""


def recognise(folded: Collection[str], kind: str) -> OwnerSchema | None:
    """Return the first schema of a kind of file of which enough headings are there."""
    there = frozenset(folded)
    for schema in OWNER_SCHEMAS:
        if schema.kind == kind and len(schema.marks & there) >= schema.least:
            return schema
    return None


@cache
def owner_names(kind: str) -> frozenset[str]:
    """Return every folded heading that some owner uses in a kind of file."""
    schemas = [schema for schema in OWNER_SCHEMAS if schema.kind == kind]
    return frozenset().union(*(schema.marks | schema.names().keys() for schema in schemas))


def lend(
    owner: OwnerSchema, folded: Mapping[str, list[int]], found: Collection[str]
) -> dict[str, tuple[OwnerColumn, list[int]]]:
    """Return the owner's column, and where its headings are, for each column not yet `found`.

    `folded` holds the places of each folded heading.
    """
    lent: dict[str, tuple[OwnerColumn, list[int]]] = {}
    for column in owner.columns:
        places = [place for heading in column.headings for place in folded.get(heading, [])]
        if places and column.name not in found and column.name not in lent:
            lent[column.name] = (column, sorted(places))
    return lent
