"""The tables of the store, one class each.

What people edit carries a `version` that every change raises by one: SQLAlchemy refuses to write
over a version that it did not read (`sqlalchemy.orm.exc.StaleDataError`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

import shapely
from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from data.store.moments import Moment
from data.store.wkb import Wkb

ID = String(40)
NAME = String(200)
ROW_ID = String(210)
"""Two ids of 100 characters and what joins them: ``from~to``."""
SUBJECT = String(260)
PATH = String(300)
"""A file name has 255 bytes at the most."""
_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """What all tables share."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Moment, str: NAME}


class CampaignRecord(Base):
    """A campaign: its rules, the sections of ``campaign.toml`` without ``[files]``.

    `settings` is that document; dates in it are ISO 8601 strings. `rows_version` counts every
    change of an input, so that what was computed from the inputs is known to be stale.
    """

    __tablename__ = "campaigns"
    campaign_id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    rows_version: Mapped[int] = mapped_column(default=0)
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    changed_at: Mapped[datetime]
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- its base says what it is


class InputRecord(Base):
    """A file of inputs of one kind (``zones``, ``faces``…), as it was uploaded last."""

    __tablename__ = "inputs"
    campaign_id: Mapped[str] = mapped_column(
        ID, ForeignKey("campaigns.campaign_id"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    file_name: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    headings: Mapped[list[str]] = mapped_column(JSON)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    uploaded_at: Mapped[datetime]
    uploaded_by: Mapped[str]
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- its base says what it is


class RowRecord(Base):
    """A row of an input. Abstract: each kind has a table of its own, so that GIS tools see layers.

    `cells` are the canonical columns (docs/formats.md) as text; `position` is the place of the row
    in its file, from 1. The bounds are those of `geometry`, in degrees.
    """

    __abstract__ = True
    campaign_id: Mapped[str] = mapped_column(ID, primary_key=True)
    row_id: Mapped[str] = mapped_column(ROW_ID, primary_key=True)
    position: Mapped[int]
    cells: Mapped[dict[str, str]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(default=1)
    geometry: Mapped[shapely.Geometry | None] = mapped_column("wkb", Wkb)
    minx: Mapped[float | None]
    miny: Mapped[float | None]
    maxx: Mapped[float | None]
    maxy: Mapped[float | None]


def _row_table(kind: str) -> type[RowRecord]:
    version: Mapped[int] = mapped_column(Integer, default=1, nullable=False)
    attributes = {
        "__tablename__": kind,
        "__doc__": f"A row of ``{kind}``.",
        "__module__": __name__,
        "version": version,
        "__mapper_args__": {"version_id_col": version},
        "__table_args__": (
            Index(f"ix_{kind}_bounds", "campaign_id", "minx", "maxx", "miny", "maxy"),
            Index(f"ix_{kind}_position", "campaign_id", "position"),
        ),
    }
    return type(f"{kind.title()}Row", (RowRecord,), attributes)


KINDS = ("zones", "maisons", "agents", "faces", "exclusions", "travel", "locks")
"""The kinds of inputs, in the order in which they refer to one another."""
SHAPED = ("zones", "maisons", "faces", "exclusions")
"""The kinds whose rows have a geometry."""
ROWS: dict[str, type[RowRecord]] = {kind: _row_table(kind) for kind in KINDS}
"""The table of each kind."""


class BlobRecord(Base):
    """Bytes, kept once however many files hold them."""

    __tablename__ = "blobs"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class AttachmentRecord(Base):
    """A file of a campaign that is no table (``portraits/P01.svg``)."""

    __tablename__ = "attachments"
    campaign_id: Mapped[str] = mapped_column(
        ID, ForeignKey("campaigns.campaign_id"), primary_key=True
    )
    path: Mapped[str] = mapped_column(PATH, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), ForeignKey("blobs.sha256"))


class PlanState(StrEnum):
    """Where a plan stands in its workflow."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    APPROVED = "approved"
    SENT = "sent"
    RECONCILED = "reconciled"


class PlanRecord(Base):
    """A plan of a campaign. `number` counts the plans of a campaign from 1.

    `parent_id` is the plan that this one is a new version of. `revision` counts the changes of its
    postings (`PlanRevision` keeps each); its files are those of that revision. `withdrawn` are the
    agents whose portraits may no longer be shown, whatever the files say; `left_out` are those of
    them without whom the files have been made again. Until all are, no file is given out.
    """

    __tablename__ = "plans"
    plan_id: Mapped[str] = mapped_column(ID, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.campaign_id"), index=True)
    number: Mapped[int]
    parent_id: Mapped[str | None] = mapped_column(ID)
    job_id: Mapped[str | None] = mapped_column(ID, unique=True)
    state: Mapped[str] = mapped_column(String(20), default=PlanState.DRAFT.value)
    revision: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    seed: Mapped[int]
    rows_version: Mapped[int]
    campaign_version: Mapped[int]
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)
    withdrawn: Mapped[list[str]] = mapped_column(JSON, default=list)
    left_out: Mapped[list[str]] = mapped_column(JSON, default=list)
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    proposed_by: Mapped[str | None]
    approved_by: Mapped[str | None]
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- its base says what it is
    __table_args__ = (Index("ux_plans_number", "campaign_id", "number", unique=True),)


class PlanFileRecord(Base):
    """A file of the plan folder as of one revision, ``campaign/`` and ``plan.json`` included."""

    __tablename__ = "plan_files"
    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plans.plan_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(PATH, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), ForeignKey("blobs.sha256"))


class PlanRevisionRecord(Base):
    """One change of the postings of a plan: and the revision that undoing goes to."""

    __tablename__ = "plan_revisions"
    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plans.plan_id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    undoes_to: Mapped[int]
    action: Mapped[dict[str, Any]] = mapped_column(JSON)
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class JobStatus(StrEnum):
    """The states of a job (OGC API – Processes, Part 1, 7.12)."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    DISMISSED = "dismissed"


class JobRecord(Base):
    """A job. Whoever runs it holds a lease that it renews; a lease run out is anyone's to take.

    `progress` is the last report (stage, incumbent, bound, gap); `reason` says why it failed;
    `keep_best` whether one that is cancelled makes a plan of its best so far.
    """

    __tablename__ = "jobs"
    job_id: Mapped[str] = mapped_column(ID, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ID, ForeignKey("campaigns.campaign_id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    status: Mapped[str] = mapped_column(String(20), index=True)
    progress: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    reason: Mapped[str] = mapped_column(Text, default="")
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    plan_id: Mapped[str | None] = mapped_column(ID)
    attempt: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(ID, default="")
    leased_until: Mapped[datetime | None]
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    keep_best: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class JobInputRecord(Base):
    """A file of the campaign as it was when the job was asked for: what the plan is made from."""

    __tablename__ = "job_inputs"
    job_id: Mapped[str] = mapped_column(ID, ForeignKey("jobs.job_id"), primary_key=True)
    path: Mapped[str] = mapped_column(PATH, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), ForeignKey("blobs.sha256"))


class JobEventRecord(Base):
    """Something that happened to a job, for those who follow it."""

    __tablename__ = "job_events"
    seq: Mapped[int] = mapped_column(_SEQUENCE, primary_key=True, autoincrement=True)
    job_id: Mapped[str] = mapped_column(ID, ForeignKey("jobs.job_id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)


class AuditRecord(Base):
    """Who did what when. Rows are only ever added: triggers of the database refuse the rest.

    `change` holds what is needed to replay the change, and never a personal datum: a private cell
    is told as changed, without its value.
    """

    __tablename__ = "audit"
    seq: Mapped[int] = mapped_column(_SEQUENCE, primary_key=True, autoincrement=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    request_id: Mapped[str] = mapped_column(ID)
    campaign_id: Mapped[str | None] = mapped_column(ID, index=True)
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(SUBJECT)
    version: Mapped[int | None]
    change: Mapped[dict[str, Any]] = mapped_column(JSON)


class KeyRecord(Base):
    """An API key: the hash of its secret, and the prefix by which people find it."""

    __tablename__ = "api_keys"
    key_id: Mapped[str] = mapped_column(ID, primary_key=True)
    prefix: Mapped[str] = mapped_column(String(20), unique=True)
    secret_sha256: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(NAME, index=True)
    label: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class MembershipRecord(Base):
    """A role of somebody in a campaign; ``*`` stands for every campaign."""

    __tablename__ = "memberships"
    subject: Mapped[str] = mapped_column(NAME, primary_key=True)
    campaign_id: Mapped[str] = mapped_column(ID, primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class LinkRecord(Base):
    """A signed link: one view of one plan, for somebody without an account."""

    __tablename__ = "links"
    link_id: Mapped[str] = mapped_column(ID, primary_key=True)
    plan_id: Mapped[str] = mapped_column(ID, ForeignKey("plans.plan_id"), index=True)
    view: Mapped[str] = mapped_column(String(40))
    label: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    uses: Mapped[int] = mapped_column(default=0)
    last_used_at: Mapped[datetime | None]


class IdempotencyRecord(Base):
    """An answer that was given to a POST, given again to whoever repeats it.

    `request_id` is that of the request that does the work; `is_applied` is set in the transaction
    of the change itself, so that it is known even where the answer was lost (`status` is None).
    """

    __tablename__ = "idempotency"
    subject: Mapped[str] = mapped_column(NAME, primary_key=True)
    key: Mapped[str] = mapped_column(NAME, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    request_id: Mapped[str] = mapped_column(ID, unique=True)
    is_applied: Mapped[bool] = mapped_column(default=False)
    status: Mapped[int | None]
    headers: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    created_at: Mapped[datetime]


class AllowanceRecord(Base):
    """What is left of the requests that somebody may make, shared by all processes."""

    __tablename__ = "allowances"
    subject: Mapped[str] = mapped_column(NAME, primary_key=True)
    tokens: Mapped[float]
    filled_at: Mapped[datetime]


class ClockRecord(Base):
    """The latest moment that this store has seen: time does not run back for links and leases."""

    __tablename__ = "clock"
    clock_id: Mapped[int] = mapped_column(primary_key=True)
    latest: Mapped[datetime]
