"""The columns of each file: canonical English names, French synonyms, which of them must be there.

docs/formats.md shows the same as tables; a test holds the two together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its canonical name; `synonyms` are folded (see `fold`)."""

    name: str
    synonyms: tuple[str, ...] = ()
    required: bool = False

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
        ``none``, ``point`` (columns or a layer) or ``polygon`` (a layer).
    may_be_empty
        Whether a file without rows is all right.
    """

    kind: str
    columns: tuple[Column, ...]
    shape: str = "none"
    may_be_empty: bool = False

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Return the extensions of the formats in which this file is read."""
        return {"none": _TABLES, "point": (*_TABLES, *_LAYERS), "polygon": _LAYERS}[self.shape]


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


_TABLES = (".csv", ".txt")
_LAYERS = (".geojson", ".json", ".gpkg")
_POSITION = (
    Column("lat", ("latitude",)),
    Column("lon", ("longitude", "lng", "long")),
    Column("x", ("coord_x", "coordonnee_x", "est")),
    Column("y", ("coord_y", "coordonnee_y", "nord")),
)

ZONES = Schema(
    "zones",
    (
        Column("zone_id", ("id_zone", "code_zone", "identifiant_zone"), required=True),
        Column("name", ("nom", "nom_zone", "libelle"), required=True),
        Column("level", ("niveau", "type_zone"), required=True),
        Column("parent_id", ("id_parent", "zone_parente", "code_parent")),
        Column("population", ("habitants", "nb_habitants")),
    ),
    shape="polygon",
)
MAISONS = Schema(
    "maisons",
    (
        Column("maison_id", ("id_maison", "code_maison"), required=True),
        Column("name", ("nom", "nom_maison"), required=True),
        Column("address", ("adresse",)),
        Column("postcode", ("code_postal", "cp")),
        Column("city", ("ville", "commune"), required=True),
        *_POSITION,
        Column("zone_id", ("id_zone", "code_zone", "territoire")),
        Column("staff", ("effectif", "effectifs", "nb_agents")),
        Column("opening", ("horaires", "horaires_ouverture", "opening_hours")),
        Column("closed_on", ("ferme_le", "fermee_le", "fermetures", "jours_fermes")),
        Column("dwell_days", ("jours_sur_place", "duree_jours", "nb_jours")),
        Column("fixed_on", ("date_fixe", "dates_fixes", "date_imposee", "inauguration")),
        Column("precision", ("precision_position",)),
    ),
    shape="point",
)
AGENTS = Schema(
    "agents",
    (
        Column("agent_id", ("id_agent", "code_agent", "matricule"), required=True),
        Column("portrait_id", ("id_portrait", "portrait", "visuel", "visuel_ref"), required=True),
        Column("job", ("metier", "fonction", "poste"), required=True),
        Column("headline", ("accroche", "titre", "slogan")),
        Column("name", ("nom", "nom_prenom", "prenom_nom")),
        Column("zones", ("zone", "zones_affichage", "territoires", "territoire"), required=True),
        Column("workplace_lat", ("lat_travail", "latitude_travail", "lieu_travail_lat")),
        Column("workplace_lon", ("lon_travail", "longitude_travail", "lieu_travail_lon")),
        Column("maison_id", ("id_maison", "maison")),
        Column("share", ("part", "poids")),
        Column("consent_media", ("consentement", "consentement_supports", "supports_consentis")),
        Column("consent_until", ("consentement_fin", "consentement_jusqu_au", "fin_consentement")),
    ),
)
FACES = Schema(
    "faces",
    (
        Column("face_id", ("id_face", "code_face", "ref_face", "reference_face"), required=True),
        Column("panel_id", ("id_panneau", "code_panneau", "ref_panneau", "panneau")),
        Column("operator", ("afficheur", "regie", "operateur", "exploitant")),
        Column("format", ("format_affiche",), required=True),
        Column("surface_m2", ("surface", "surface_en_m2")),
        Column("support", ("type_support", "mobilier", "type_mobilier")),
        Column("lit", ("eclaire", "eclairee", "eclairage")),
        Column("address", ("adresse",)),
        Column("postcode", ("code_postal", "cp")),
        Column("city", ("ville", "commune")),
        Column("insee", ("code_insee", "insee_commune")),
        *_POSITION,
        Column("contacts", ("contacts_vague", "contacts_par_vague", "audience"), required=True),
        Column(
            "price_eur",
            ("prix", "prix_eur", "prix_ht", "prix_eur_ht", "tarif", "tarif_ht", "prix_espace_ht"),
            required=True,
        ),
        Column("available", ("disponible", "disponibilite", "disponibilites", "vagues")),
        Column("bearing", ("orientation", "azimut", "cap")),
    ),
    shape="point",
)
TRAVEL = Schema(
    "travel",
    (
        Column("from_id", ("de", "depart", "origine", "id_depart"), required=True),
        Column("to_id", ("vers", "arrivee", "destination", "id_arrivee"), required=True),
        Column("minutes", ("duree_min", "duree_minutes", "temps_min"), required=True),
        Column("km", ("distance_km", "kilometres"), required=True),
    ),
    may_be_empty=True,
)
LOCKS = Schema(
    "locks",
    (
        Column("face_id", ("id_face", "code_face", "ref_face", "reference_face"), required=True),
        Column("period", ("vague", "periode"), required=True),
        Column("agent_id", ("id_agent", "code_agent", "matricule"), required=True),
    ),
    may_be_empty=True,
)
EXCLUSIONS = Schema(
    "exclusions",
    (Column("reason", ("motif", "raison"), required=True),),
    shape="polygon",
    may_be_empty=True,
)
SCHEMAS = (ZONES, MAISONS, AGENTS, FACES, TRAVEL, LOCKS, EXCLUSIONS)
