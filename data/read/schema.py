"""The columns of each file: canonical English names, French synonyms, which of them must be there.

docs/formats.md shows the same as tables; a test holds the two together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its canonical name; `synonyms` are folded (see `fold`).

    `holds` says how its cells are tidied before they are read: ``code`` for digits that are no
    number (``01000``), ``date`` for days, else ``text``.
    """

    name: str
    synonyms: tuple[str, ...] = ()
    required: bool = False
    holds: str = "text"

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name of the column, the canonical one first."""
        return (self.name, *self.synonyms)


@dataclass(frozen=True, slots=True)
class Schema:
    """What a kind of file holds.

    Parameters
    ----------
    kind
        Its key in ``[files]``.
    columns
        Every column that is read; others are ignored.
    shape
        ``none``; ``point`` (columns, a layer, or a table with a column of geometry) or ``polygon``
        (a layer, or such a table).
    may_be_empty
        Whether a file without rows is all right.
    doubtful
        Headings (folded) that may mean several columns: they are asked about.
    """

    kind: str
    columns: tuple[Column, ...]
    shape: str = "none"
    may_be_empty: bool = False
    doubtful: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def ambiguous(self) -> dict[str, tuple[str, ...]]:
        """Return the columns that each doubtful heading may mean."""
        return dict(self.doubtful)

    def optional(self, names: Collection[str]) -> Schema:
        """Return the schema without the need for some of its columns."""
        columns = (replace(c, required=c.required and c.name not in names) for c in self.columns)
        return replace(self, columns=tuple(columns))

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Return the extensions of the formats in which this file is read."""
        return _TABLES if self.shape == "none" else (*_LAYERS, *_TABLES)


def fold(heading: str) -> str:
    """Return a heading without what does not count: accents, case, spaces, punctuation.

    ``« Prix (€ HT) »`` becomes ``prix_ht``, ``Surface m²`` becomes ``surface_m2``.
    """
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "_", plain.casefold()).strip("_")


@cache
def names_of(schema: Schema) -> Mapping[str, str]:
    """Return the canonical name of every folded name of a schema's columns."""
    return {name: column.name for column in schema.columns for name in column.names}


def _either(headings: Iterable[str], *names: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((heading, names) for heading in headings)


_REFERENCES = ("id", "ref", "reference", "code", "identifiant", "numero", "n")
_TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".ods")
_LAYERS = (
    ".geojson", ".json", ".gpkg", ".shp", ".zip", ".kml", ".kmz", ".fgb", ".parquet", ".geoparquet",
)  # fmt: skip
_GEOMETRY = Column("geometry", ("geom", "the_geom", "geometrie", "wkt", "wkb"))
_POSITION = (
    Column("lat", ("latitude",)),
    Column("lon", ("longitude", "lng", "long")),
    Column("x", ("coord_x", "coordonnee_x", "est")),
    Column("y", ("coord_y", "coordonnee_y", "nord")),
    _GEOMETRY,
)

ZONES = Schema(
    "zones",
    (
        Column(
            "zone_id", ("id_zone", "code_zone", "identifiant_zone"), required=True, holds="code"
        ),
        Column("name", ("nom", "nom_zone", "libelle"), required=True),
        Column("level", ("niveau", "type_zone"), required=True),
        Column("parent_id", ("id_parent", "zone_parente", "code_parent"), holds="code"),
        Column("population", ("habitants", "nb_habitants")),
        _GEOMETRY,
    ),
    shape="polygon",
    doubtful=_either(_REFERENCES, "zone_id", "parent_id"),
)
MAISONS = Schema(
    "maisons",
    (
        Column("maison_id", ("id_maison", "code_maison"), required=True, holds="code"),
        Column("name", ("nom", "nom_maison"), required=True),
        Column("address", ("adresse",)),
        Column("postcode", ("code_postal", "cp"), holds="code"),
        Column("city", ("ville", "commune"), required=True),
        *_POSITION,
        Column("zone_id", ("id_zone", "code_zone", "territoire"), holds="code"),
        Column("staff", ("effectif", "effectifs", "nb_agents")),
        Column("opening", ("horaires", "horaires_ouverture", "opening_hours")),
        Column("closed_on", ("ferme_le", "fermee_le", "fermetures", "jours_fermes"), holds="date"),
        Column("dwell_days", ("jours_sur_place", "duree_jours", "nb_jours")),
        Column(
            "fixed_on", ("date_fixe", "dates_fixes", "date_imposee", "inauguration"), holds="date"
        ),
        Column("precision", ("precision_position",)),
        Column("setup_min", ("montage_min", "minutes_montage", "duree_montage")),
        Column("takedown_min", ("demontage_min", "minutes_demontage", "duree_demontage")),
        Column("not_before", ("pas_avant", "au_plus_tot", "a_partir_du"), holds="date"),
        Column("not_after", ("pas_apres", "au_plus_tard", "jusqu_au"), holds="date"),
        Column("windows", ("fenetres", "fenetres_de_dates", "plages_de_dates")),
        Column("school_holidays", ("vacances", "vacances_scolaires")),
    ),
    shape="point",
    doubtful=_either(_REFERENCES, "maison_id", "zone_id"),
)
AGENTS = Schema(
    "agents",
    (
        Column("agent_id", ("id_agent", "code_agent", "matricule"), required=True, holds="code"),
        Column(
            "portrait_id",
            ("id_portrait", "portrait", "visuel", "visuel_ref"),
            required=True,
            holds="code",
        ),
        Column("job", ("metier", "fonction", "poste"), required=True),
        Column("headline", ("accroche", "titre", "slogan")),
        Column("name", ("nom", "nom_prenom", "prenom_nom")),
        Column(
            "zones",
            ("zone", "zones_affichage", "territoires", "territoire"),
            required=True,
            holds="code",
        ),
        Column("workplace_lat", ("lat_travail", "latitude_travail", "lieu_travail_lat")),
        Column("workplace_lon", ("lon_travail", "longitude_travail", "lieu_travail_lon")),
        Column("maison_id", ("id_maison", "maison"), holds="code"),
        Column("share", ("part", "poids")),
        Column("consent_media", ("consentement", "consentement_supports", "supports_consentis")),
        Column(
            "consent_until",
            ("consentement_fin", "consentement_jusqu_au", "fin_consentement"),
            holds="date",
        ),
    ),
    doubtful=_either(_REFERENCES, "agent_id", "portrait_id"),
)
FACES = Schema(
    "faces",
    (
        Column(
            "face_id",
            ("id_face", "code_face", "ref_face", "reference_face"),
            required=True,
            holds="code",
        ),
        Column("panel_id", ("id_panneau", "code_panneau", "ref_panneau", "panneau"), holds="code"),
        Column("operator", ("afficheur", "regie", "operateur", "exploitant")),
        Column("format", ("format_affiche",), required=True),
        Column("surface_m2", ("surface", "surface_en_m2")),
        Column("support", ("type_support", "mobilier", "type_mobilier")),
        Column("lit", ("eclaire", "eclairee", "eclairage")),
        Column("address", ("adresse",)),
        Column("postcode", ("code_postal", "cp"), holds="code"),
        Column("city", ("ville", "commune")),
        Column("insee", ("code_insee", "insee_commune"), holds="code"),
        *_POSITION,
        Column("contacts", ("contacts_vague", "contacts_par_vague", "audience"), required=True),
        Column(
            "price_eur",
            ("prix", "prix_eur", "prix_ht", "prix_eur_ht", "tarif", "tarif_ht", "prix_espace_ht"),
            required=True,
        ),
        Column("available", ("disponible", "disponibilite", "disponibilites", "vagues")),
        Column("bearing", ("orientation", "azimut", "cap")),
        Column("precision", ("precision_position",)),
        Column("position_source", ("source_position",)),
        Column("position_score", ("score_position",)),
    ),
    shape="point",
    doubtful=(
        *_either(_REFERENCES, "face_id", "panel_id"),
        *_either(("type",), "format", "support"),
    ),
)
TRAVEL = Schema(
    "travel",
    (
        Column("from_id", ("de", "depart", "origine", "id_depart"), required=True, holds="code"),
        Column(
            "to_id", ("vers", "arrivee", "destination", "id_arrivee"), required=True, holds="code"
        ),
        Column("minutes", ("duree_min", "duree_minutes", "temps_min"), required=True),
        Column("km", ("distance_km", "kilometres"), required=True),
    ),
    may_be_empty=True,
)
LOCKS = Schema(
    "locks",
    (
        Column(
            "face_id",
            ("id_face", "code_face", "ref_face", "reference_face"),
            required=True,
            holds="code",
        ),
        Column("period", ("vague", "periode"), required=True),
        Column("agent_id", ("id_agent", "code_agent", "matricule"), required=True, holds="code"),
    ),
    may_be_empty=True,
)
EXCLUSIONS = Schema(
    "exclusions",
    (Column("reason", ("motif", "raison"), required=True), _GEOMETRY),
    shape="polygon",
    may_be_empty=True,
)
SCHEMAS = (ZONES, MAISONS, AGENTS, FACES, TRAVEL, LOCKS, EXCLUSIONS)
