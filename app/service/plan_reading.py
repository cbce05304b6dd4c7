"""A plan of the store, opened: its campaign and its document, read once and kept for the next.

What is kept is known by the hash of the bytes that it was read from, so that it is never stale.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from app.service import jobs
from app.service.context import Services
from app.service.errors import not_found
from app.service.plan_work import CAMPAIGN_PICKLE, read_campaign_files
from data.plan_json import PlanRecord as PlanDocument
from data.plan_json import plan_from_json
from data.store import Tx, plans
from data.store.tables import PlanRecord
from data.write.folder import CAMPAIGN_FOLDER, ORDER_FILE, PLAN_FILE, ROADS_FILE
from data.write.order import ORDER_COLUMNS
from data.write.sheet import read_sheet
from geo.model import Campaign, InputFile
from geo.order import OrderLine
from geo.plan import Plan
from geo.verify import Violation, verify

READ_HERE_BYTES = 4 << 20
"""A larger campaign is read in a process of its own: a second and more of work."""
_KEPT = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """A revision of a plan, read.

    `paths` are its files with the SHA-256 of each; `order` the bytes of the order to the buyer.
    """

    record: PlanRecord
    campaign: Campaign
    plan: Plan
    inputs: tuple[InputFile, ...]
    versions: Mapping[str, str]
    created: datetime
    paths: Mapping[str, str]
    order: bytes

    @property
    def changed_inputs(self) -> tuple[str, ...]:
        """Return the inputs that are not, byte for byte, those that the plan was made from."""
        noted = {file.name: file.sha256 for file in self.inputs}
        changed = {
            name
            for name, sha256 in noted.items()
            if self.paths.get(f"{CAMPAIGN_FOLDER}/{name}") != sha256
        }
        unknown = {file.name for file in self.campaign.inputs} - noted.keys()
        return tuple(sorted(changed | unknown))

    def order_lines(self) -> tuple[OrderLine, ...]:
        """Return the lines of the order as they stand in its file."""
        return read_sheet(self.order, columns=ORDER_COLUMNS, make=OrderLine, file=ORDER_FILE)

    def violations(self) -> tuple[Violation, ...]:
        """Return every breach of every rule; see `geo.verify`."""
        changed = self.changed_inputs
        return verify(self.campaign, self.plan, self.order_lines(), changed_inputs=changed)


class _Kept(Generic[T]):
    """The last few things that were read, by what they were read from."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._found: OrderedDict[str, T] = OrderedDict()

    def get(self, key: str, make: Callable[[], T]) -> T:
        """Return what is kept under a key, or what is made of it now."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        made = make()
        with self._lock:
            self._found[key] = made
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return made


_campaigns: _Kept[Campaign] = _Kept(_KEPT)
_documents: _Kept[PlanDocument] = _Kept(_KEPT)


def plan_of(tx: Tx, plan_id: str, *, lock: bool = False) -> PlanRecord:
    """Return the record of a plan.

    Raises
    ------
    ApiError
        404 if there is no such plan.
    """
    found = plans.get(tx, plan_id, lock=lock)
    if found is None:
        raise not_found("plan")
    return found


def open_plan(service: Services, plan_id: str) -> OpenPlan:
    """Return a plan as it is now.

    Raises
    ------
    ApiError
        404 if there is no such plan.
    PlanFolderError, CampaignError
        If its files cannot be read back.
    """
    with service.store.read() as tx:
        record = plan_of(tx, plan_id)
        paths = plans.paths(tx, plan_id, revision=record.revision)
        files = _contents(tx, record, [PLAN_FILE, ORDER_FILE])
    document = _documents.get(paths[PLAN_FILE], lambda: plan_from_json(files[PLAN_FILE]))
    return OpenPlan(
        record,
        _campaign(service, record, paths),
        document.plan,
        inputs=document.inputs,
        versions=document.versions,
        created=document.created,
        paths=paths,
        order=files[ORDER_FILE],
    )


def _campaign(service: Services, record: PlanRecord, paths: Mapping[str, str]) -> Campaign:
    """Return the copy of the campaign that a plan was made from."""
    needed = [p for p in paths if p.startswith(f"{CAMPAIGN_FOLDER}/") or p == ROADS_FILE]
    told = "\n".join(f"{path} {paths[path]}" for path in needed)

    def read() -> Campaign:
        with service.store.read() as tx:
            files = _contents(tx, record, needed)
        if sum(map(len, files.values())) <= READ_HERE_BYTES:
            return read_campaign_files(files)
        answer = jobs.run_child("read-campaign", files)
        campaign: Campaign = pickle.loads(answer[CAMPAIGN_PICKLE])  # noqa: S301 -- of our own child
        return campaign

    return _campaigns.get(hashlib.sha256(told.encode()).hexdigest(), read)


def _contents(tx: Tx, record: PlanRecord, paths: list[str]) -> dict[str, bytes]:
    found = (
        (path, plans.file(tx, record.plan_id, path, revision=record.revision)) for path in paths
    )
    return {path: content for path, content in found if content is not None}
