"""What an edited row is judged beside: fetched, and little else; polygons are read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.service.kept_readings import KeptReadings, digest_of
from app.service.rules import rules_of
from data.read.edited import POLYGONS, EditedRow, Known, check_exclusions, check_zones
from data.read.log import ProblemLog
from data.read.zones import ReadZones
from data.store import Tx, inputs
from data.store.folder_files import FILE_NAMES
from data.store.tables import CampaignRecord, InputRecord, RowRecord
from geo.errors import Problem
from geo.model import Exclusion

NO_ZONES = ReadZones((), None, None)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The rows of a campaign, as a transaction that holds it sees them."""

    tx: Tx
    campaign: CampaignRecord
    kept: KeptReadings

    def zones(self) -> ReadZones:
        """Return what is read of the zones; `NO_ZONES` where there are none."""
        record = inputs.get(self.tx, self.campaign.campaign_id, "zones")
        if record is None:
            return NO_ZONES
        return self.kept.get(_key(record), lambda: self.read_of(self.rows("zones"))[0])

    def read_of(self, zones: Sequence[EditedRow]) -> tuple[ReadZones, tuple[Problem, ...]]:
        """Return what is read of zones, and what is wrong with them."""

        def make() -> tuple[ReadZones, tuple[Problem, ...]]:
            log = ProblemLog()
            return check_zones(zones, file=FILE_NAMES["zones"], log=log), log.sorted()

        return self.kept.get(digest_of(zones), make) if zones else (NO_ZONES, ())

    def exclusions(self, zones: ReadZones) -> tuple[Exclusion, ...]:
        """Return what is read of the exclusions beside these zones."""
        campaign_id = self.campaign.campaign_id
        record = inputs.get(self.tx, campaign_id, "exclusions")
        around = inputs.get(self.tx, campaign_id, "zones")
        if record is None or around is None:
            return ()

        def make() -> tuple[Exclusion, ...]:
            rows, known = self.rows("exclusions"), Known(rules_of(self.campaign), zones)
            return check_exclusions(rows, known, file="", log=ProblemLog())

        return self.kept.get((*_key(record), *_key(around)), make)

    def rows(self, kind: str, where: Mapping[str, str] | None = None) -> list[EditedRow]:
        """Return rows of the campaign, all or those with some cells."""
        campaign_id = self.campaign.campaign_id
        found = inputs.page(self.tx, campaign_id, kind, after=None, limit=1_000_000, where=where)
        return [_as_edited(kind, row) for row in found]

    def row(self, kind: str, row_id: str) -> list[EditedRow]:
        """Return the row with an id, alone; nothing where there is none."""
        found = inputs.row(self.tx, self.campaign.campaign_id, kind, row_id)
        return [] if found is None else [_as_edited(kind, found)]

    def ids(self, kind: str, *wanted: str | None) -> frozenset[str] | None:
        """Return ids that hold those wanted if they are there; all, to help, where one is not."""
        campaign_id = self.campaign.campaign_id
        if inputs.get(self.tx, campaign_id, kind) is None:
            return frozenset() if kind == "maisons" else None
        named = sorted({each for each in wanted if each})
        if all(inputs.row(self.tx, campaign_id, kind, each) for each in named):
            return frozenset(named)
        return frozenset(row.row_id for row in inputs.every(self.tx, campaign_id, kind))


def _as_edited(kind: str, row: RowRecord) -> EditedRow:
    number = row.position + (0 if kind in POLYGONS else 1)
    return EditedRow(row.cells, row.geometry if kind in POLYGONS else None, number)


def _key(record: InputRecord) -> tuple[object, ...]:
    moment = record.uploaded_at.isoformat()
    return (record.campaign_id, record.kind, record.version, record.sha256, moment)
