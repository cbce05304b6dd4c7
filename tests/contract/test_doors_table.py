"""docs/formats.md lists formats and oddities with fixtures: each is read as the table says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.read.adapt import Given
from data.read.codes import WARNINGS, Code
from data.read.faces import read_faces
from data.read.folder import Folder
from data.read.log import ProblemLog
from data.read.reference import SaidCrs
from data.read.schema import FACES
from data.read.tables import open_table
from geo.errors import Where

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests/fixtures/doors"
SECTION = (
    (ROOT / "docs/formats.md").read_text(encoding="utf-8").split("### Formats and oddities\n")[1]
)
ROW = re.compile(r"^\| ([^|]+) \| `([^`|]+)` \| ([^|]*) \|$", re.MULTILINE)
TABLE = {
    fixture: tuple(sorted(re.findall(r"`([a-z0-9-]+)`", said)))
    for _, fixture, said in ROW.findall(SECTION.split("\n#")[0])
}
WEEKLY = Given(period_days=7)
FACE_1 = ("F1", "4x3", "01000", "Bourg", 45.25, 5.75, 12_000.0, 123_450)
FACE_2 = ("F2", "2 m²", "38000", "Forêt", 45.5, 5.5, 2500.0, 8000)


def _read(name: str) -> tuple[list[tuple[object, ...]] | None, tuple[str, ...]]:
    """Return the faces in a fixture (None where it is refused) and the codes of its problems."""
    log = ProblemLog()
    folder = Folder(FIXTURES, log)
    table = open_table(
        folder, name, schema=FACES, asked_at=Where("campaign.toml"), log=log, given=WEEKLY
    )
    read = None
    if table is not None:
        read = read_faces(
            table, SaidCrs("faces_crs"), period_count=1, territory=None, log=log
        ).faces
    codes = tuple(sorted({problem.code for problem in log.sorted()}))
    if read is None or log.has_errors():
        return None, codes
    names = ("face_id", "format", "postcode", "city", "lat", "lng", "contacts", "price_cents")
    return [tuple(getattr(read, name)[i] for name in names) for i in range(len(read))], codes


def test_every_fixture_is_in_the_table_and_nothing_else() -> None:
    files = {p.name for p in FIXTURES.iterdir() if p.suffix != ".py" and p.is_file()}
    assert {name.partition("#")[0] for name in TABLE} == files


@pytest.mark.parametrize("name", TABLE)
def test_a_fixture_is_read_as_the_table_says(name: str) -> None:
    faces, codes = _read(name)
    assert codes == TABLE[name]
    refused = any(Code(code) not in WARNINGS for code in codes)
    assert faces == (None if refused else [FACE_1, FACE_2])
