"""The sections of ``campaign.toml`` as models: their keys, types and limits."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WrapValidator

from data.read.cells import FIRST_DAY, LAST_DAY
from data.read.tour_values import (
    chains,
    count_or_fewest,
    driving_word,
    hour,
    roads_word,
    school_holidays_word,
    school_zone_letter,
)
from geo.model import Driving, RoadUse, SchoolHolidays

Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class Section(BaseModel):
    """A section of the file: no key that we do not know, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class CampaignSection(Section):
    """``[campaign]``."""

    name: Text
    start: Day
    periods: int = Field(ge=1, le=52)
    period_days: int = Field(ge=1, le=366)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    partial: bool = False
    advertiser: Text | None = None
    buyer: Text | None = None


class FilesSection(Section):
    """``[files]``: paths inside the folder, and the CRS of files that do not declare theirs.

    Which files must be there depends on the other sections, see `data.read.campaign_file`.
    """

    zones: Text | None = None
    maisons: Text | None = None
    agents: Text | None = None
    faces: Text | None = None
    travel: Text | None = None
    locks: Text | None = None
    exclusions: Text | None = None
    zones_crs: Text | None = None
    maisons_crs: Text | None = None
    faces_crs: Text | None = None
    exclusions_crs: Text | None = None


class DefaultsSection(Section):
    """``[defaults]``: what holds for every face of a file that does not say it at all."""

    contacts: float | None = Field(default=None, ge=0, le=1e9)
    price_eur: float | None = Field(default=None, ge=0, le=1e7)
    format: Text | None = None


MAX_MIN = 10.0
"""The fairness of ``"max-min"``, and the most there is: doubles carry utilities no further."""


def _fairness(value: object) -> object:
    """Return the number that the word ``max-min`` stands for; anything else as it is."""
    return MAX_MIN if value == "max-min" else value


class MatchingSection(Section):
    """``[matching]``."""

    budget_eur: float | None = Field(default=None, ge=0, le=1e10)
    spacing_m: float = Field(default=500.0, ge=0, le=1e6)
    max_periods_per_face: int = Field(default=1, ge=1, le=52)
    min_faces: int = Field(default=4, ge=0, le=1_000_000)
    distance_km: float = Field(default=8.0, ge=0, le=10_000)
    fairness: Annotated[float, BeforeValidator(_fairness)] = Field(default=3.0, ge=0, le=MAX_MIN)
    min_precision: Literal["housenumber", "street", "locality", "commune"] | None = None


class GeocoderSection(Section):
    """``[geocoder]``: where ``placarde geocode`` keeps the answers; never whom it asks."""

    file: Text = "positions.csv"
    min_score: float = Field(default=0.5, ge=0, le=1)


class TourSection(Section):
    """``[tour]``."""

    start: Day
    end: Day
    depot: Text
    kits: Annotated[int, Field(ge=1, le=200), WrapValidator(count_or_fewest)] | None = None
    kit_zones: list[Annotated[str, Field(max_length=200)]] = Field(default=[], max_length=200)
    dwell_days: float = Field(default=1.0, ge=0.5, le=366, multiple_of=0.5)
    setup_min: int = Field(default=0, ge=0, le=720)
    takedown_min: int = Field(default=0, ge=0, le=720)
    max_drive_h: float = Field(default=4.0, gt=0, le=24)
    driving: Annotated[Driving, BeforeValidator(driving_word)] = Driving.EVENING
    drive_from: Annotated[time, BeforeValidator(hour)] = time(0)
    drive_until: Annotated[time, BeforeValidator(hour)] = time(23, 59, 59)
    driver_returns: bool = False
    order: Annotated[list[list[str]], BeforeValidator(chains)] = []
    calendar: Text = "FR"
    school_holidays: Annotated[SchoolHolidays, BeforeValidator(school_holidays_word)] = (
        SchoolHolidays.IGNORE
    )
    school_zone: Annotated[str, BeforeValidator(school_zone_letter)] = ""
    with_posters: bool = False
    roads: Annotated[RoadUse, BeforeValidator(roads_word)] = RoadUse.AUTO


SECTIONS = ("campaign", "files", "defaults", "matching", "sequences", "geocoder", "tour")

EXAMPLES = {
    "campaign.name": 'name = "Fiers de notre action"',
    "campaign.start": "start = 2017-10-17",
    "campaign.periods": "periods = 4",
    "campaign.period_days": "period_days = 7",
    "campaign.seed": "seed = 0",
    "campaign.partial": "partial = true",
    "campaign.advertiser": 'advertiser = "Département de l’Isère"',
    "campaign.buyer": 'buyer = "Agence Exemple"',
    "defaults.contacts": "contacts = 2500",
    "defaults.price_eur": "price_eur = 120",
    "defaults.format": 'format = "2 m²"',
    "files.zones": 'zones = "zones.geojson"',
    "files.maisons": 'maisons = "maisons.csv"',
    "files.agents": 'agents = "agents.csv"',
    "files.faces": 'faces = "inventaire.csv"',
    "files.travel": 'travel = "trajets.csv"',
    "files.locks": 'locks = "verrous.csv"',
    "files.exclusions": 'exclusions = "interdits.geojson"',
    "files.zones_crs": 'zones_crs = "EPSG:2154"',
    "files.maisons_crs": 'maisons_crs = "EPSG:2154"',
    "files.faces_crs": 'faces_crs = "EPSG:2154"',
    "files.exclusions_crs": 'exclusions_crs = "EPSG:2154"',
    "matching.budget_eur": "budget_eur = 90000",
    "matching.spacing_m": "spacing_m = 500",
    "matching.max_periods_per_face": "max_periods_per_face = 1",
    "matching.min_faces": "min_faces = 4",
    "matching.distance_km": "distance_km = 8",
    "matching.fairness": "fairness = 3.0",
    "matching.min_precision": 'min_precision = "street"',
    "geocoder.file": 'file = "positions.csv"',
    "geocoder.min_score": "min_score = 0.5",
    "sequences": '"secteur-nord" = [1, 2]',
    "tour.start": "start = 2017-10-17",
    "tour.end": "end = 2017-11-17",
    "tour.depot": 'depot = "maison-grenoble"',
    "tour.kits": "kits = 1",
    "tour.dwell_days": "dwell_days = 1",
    "tour.max_drive_h": "max_drive_h = 4",
    "tour.calendar": 'calendar = "FR"',
    "tour.kit_zones": 'kit_zones = ["secteur-nord", "secteur-sud"]',
    "tour.setup_min": "setup_min = 60",
    "tour.takedown_min": "takedown_min = 45",
    "tour.roads": 'roads = "auto"',
    "tour.driving": 'driving = "evening"',
    "tour.drive_from": 'drive_from = "07:00"',
    "tour.drive_until": 'drive_until = "21:30"',
    "tour.driver_returns": "driver_returns = true",
    "tour.order": 'order = ["maison-vienne", "maison-bourgoin"]',
    "tour.school_holidays": 'school_holidays = "avoid"',
    "tour.school_zone": 'school_zone = "A"',
    "tour.with_posters": "with_posters = true",
}
"""Each key as a planner would write it."""
