"""What a row of each table must be: strict models, a field for each column that is read.

pydantic validates; the columns are handed to it each text once, and numbers that are plainly right
not at all (`data.read.columns`): many times faster than row by row, with the same answers, which a
property test holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import CoreSchema, core_schema

from data.read.cells import (
    LONGEST_ID,
    MEDIA,
    SEPARATOR,
    CellFault,
    day,
    known_among,
    media,
    number,
    period,
    periods,
    price,
    share,
    yes_no,
)
from data.read.codes import Code
from data.read.columns import (
    Accepted,
    Distinct,
    note_faults,
    plain_cents,
    plain_limited,
    read_distinct,
    read_plain,
)
from data.read.log import ProblemLog
from data.read.table import Table
from data.read.text_column import TextColumn

NO_PERIOD = 0
EVERY_PERIOD = frozenset({NO_PERIOD})
"""What an empty cell of `available` says, however many periods there are."""

_NAN = float("nan")
_MOST_CONTACTS = 1e9
_MOST_MINUTES = 24 * 60
_MOST_KM = 5000


@dataclass(frozen=True, slots=True)
class Context:
    """What the cells of a file are checked against; None where that is not known."""

    period_count: int | None = None
    agent_ids: frozenset[str] | None = None
    face_ids: frozenset[str] | None = None
    maison_ids: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """How pydantic reads the text of a cell.

    Parameters
    ----------
    parse
        Returns the value of a text that is not empty, or raises `CellFault`.
    empty
        The value of an empty cell.
    required
        Whether an empty cell is a fault.
    faulty
        The value that stands for a faulty cell while the rest of the file is checked.
    accept
        Reads most cells of a column at once, see `data.read.columns.read_plain`.
    """

    parse: Callable[[str, Context], Any]
    empty: Any = ""
    required: bool = False
    faulty: Any = ""
    accept: Callable[[TextColumn], Accepted] | None = None

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Return the schema: this reader first, then the strict type of the field."""
        return core_schema.with_info_before_validator_function(self._read, handler(source))

    def _read(self, text: str, info: ValidationInfo) -> Any:  # noqa: ANN401 - what `parse` gives
        if text:
            return self.parse(text, info.context or Context())
        if self.required:
            raise CellFault(Code.MISSING_VALUE)
        return self.empty


def _alone(parse: Callable[[str], Any]) -> Callable[[str, Context], Any]:
    return lambda text, _: parse(text)


def _number(least: float, most: float, *, required: bool = False) -> Cell:
    return Cell(
        _alone(number(least=least, most=most)),
        empty=_NAN,
        required=required,
        faulty=_NAN,
        accept=plain_limited(least, most),
    )


def _reference(ids: str, code: Code, *, required: bool = True) -> Cell:
    """Return a reference to the ids that the context holds under this name."""
    return Cell(
        lambda text, context: known_among(getattr(context, ids), code)(text), required=required
    )


def _identifier(text: str) -> str:
    if SEPARATOR in text or len(text) > LONGEST_ID:
        raise CellFault(Code.BAD_ID, value=text)
    return text


def _optional_day(text: str) -> date | None:
    return day(text)


Required = Annotated[str, Cell(_alone(str), required=True)]
Identifier = Annotated[str, Cell(_alone(_identifier), required=True)]


class Row(BaseModel):
    """A row of a table as its cells, by the canonical names of their columns."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class FaceRow(Row):
    """A row of the inventory; the price in cents."""

    face_id: Identifier
    format: Required
    surface_m2: Annotated[float, _number(0.01, 10_000)]
    bearing: Annotated[float, _number(0, 360)]
    lit: Annotated[int, Cell(_alone(lambda text: int(yes_no(text))), empty=-1, faulty=-1)]
    contacts: Annotated[float, _number(0, _MOST_CONTACTS, required=True)]
    price_eur: Annotated[int, Cell(_alone(price), required=True, faulty=0, accept=plain_cents)]
    available: Annotated[
        frozenset[int],
        Cell(
            lambda text, context: periods(context.period_count)(text),
            empty=EVERY_PERIOD,
            faulty=EVERY_PERIOD,
        ),
    ]


class AgentRow(Row):
    """A row of the agents; their zones and workplaces are looked at across cells."""

    agent_id: Identifier
    portrait_id: Required
    job: Required
    maison_id: Annotated[str, _reference("maison_ids", Code.UNKNOWN_MAISON, required=False)]
    share: Annotated[float, Cell(_alone(share), empty=1.0, faulty=1.0)]
    consent_media: Annotated[
        frozenset[str], Cell(_alone(media), empty=frozenset(), faulty=frozenset(MEDIA))
    ]
    consent_until: Annotated[date | None, Cell(_alone(_optional_day), empty=None, faulty=None)]


class TravelRow(Row):
    """A row of the driving times."""

    from_id: Annotated[str, _reference("maison_ids", Code.UNKNOWN_MAISON)]
    to_id: Annotated[str, _reference("maison_ids", Code.UNKNOWN_MAISON)]
    minutes: Annotated[float, _number(0, _MOST_MINUTES, required=True)]
    km: Annotated[float, _number(0, _MOST_KM, required=True)]


class LockRow(Row):
    """A row of the locks; an empty agent keeps the face free."""

    face_id: Annotated[str, _reference("face_ids", Code.UNKNOWN_FACE)]
    period: Annotated[
        int,
        Cell(
            lambda text, context: period(context.period_count)(text),
            required=True,
            faulty=NO_PERIOD,
        ),
    ]
    agent_id: Annotated[str, _reference("agent_ids", Code.UNKNOWN_AGENT, required=False)]


R = TypeVar("R", bound=Row)


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a table, read column by column through their model; every fault is noted."""

    table: Table
    model: type[Row]
    context: Context
    log: ProblemLog

    def column(self, name: str) -> list[Any]:
        """Return the value of each row."""
        return self.distinct(name).each()

    def distinct(self, name: str) -> Distinct[Any]:
        """Return the value of each text of a column."""
        read = read_distinct(
            self.table.text(name), self._parser(name), faulty=self._cell(name).faulty
        )
        note_faults(self.table, name, read, rows=None, log=self.log)
        return read

    def array(self, name: str) -> Any:  # noqa: ANN401 - of the field's type
        """Return a column of numbers as an array ``(n,)``."""
        cell = self._cell(name)
        if cell.accept is None:
            raise TypeError(name)
        return read_plain(
            self.table,
            name,
            accept=cell.accept,
            parse=self._parser(name),
            faulty=cell.faulty,
            log=self.log,
        )

    def _cell(self, name: str) -> Cell:
        found = (m for m in self.model.model_fields[name].metadata if isinstance(m, Cell))
        return next(found)

    def _parser(self, name: str) -> Callable[[str], Any]:
        field = self.model.model_fields[name]
        kind: Any = Annotated[field.annotation, *field.metadata]
        adapter: TypeAdapter[Any] = TypeAdapter(kind, config=ConfigDict(strict=True))

        def parse(text: str) -> Any:  # noqa: ANN401 - of the field's type
            try:
                return adapter.validate_python(text, context=self.context)
            except ValidationError as error:
                raise fault_of(error) from None

        return parse


def fault_of(error: ValidationError) -> CellFault:
    """Return the first fault in what pydantic found."""
    (fault, *_) = (e["ctx"]["error"] for e in error.errors(include_url=False))
    if not isinstance(fault, CellFault):
        raise TypeError(fault) from error
    return fault
