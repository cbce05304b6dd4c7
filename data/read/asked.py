"""What a geocoder would be asked for a campaign, and what it found before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from data.read.addresses import Address, Position
from data.read.campaign_file import CampaignFile, read_rules
from data.read.codes import Code
from data.read.folder import TABLE_LIMIT, TEXT_LIMIT, Folder
from data.read.found import addresses_of
from data.read.log import ProblemLog
from data.read.positions import positions_from
from data.read.schema import FACES, MAISONS
from data.read.sections import GeocoderSection
from data.read.tables import open_table
from data.read.toml_file import parse_toml
from geo.errors import Problem, Where

_CAMPAIGN_FILE = "campaign.toml"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a geocoder would be asked for a campaign.

    Parameters
    ----------
    geocoder
        What the campaign says of it; None where it says nothing, or cannot be read.
    known
        What it found before; None for an address that it did not find.
    wanted
        Addresses of rows without coordinates, each once, sorted; those of `known` are among them.
    problems
        What is wrong with the files, as far as that matters here.
    """

    geocoder: GeocoderSection | None
    known: Mapping[Address, Position | None]
    wanted: tuple[Address, ...]
    problems: tuple[Problem, ...]


def asked_addresses(folder: Path) -> Asked:
    """Return the addresses of a campaign that have no coordinates."""
    log = ProblemLog()
    files = Folder(folder, log)
    rules = _rules(files, log)
    if rules is None or rules.geocoder is None:
        return Asked(None, {}, (), log.sorted())
    first: dict[str, Address] = {}
    for schema in (MAISONS, FACES):
        name = getattr(rules.files, schema.kind)
        asked_at = rules.toml.where(f"files.{schema.kind}")
        table = name and open_table(files, name, schema=schema, asked_at=asked_at, log=log)
        for address in sorted(addresses_of(table).values()) if table else ():
            first.setdefault(address.key, address)
    wanted = tuple(first[key] for key in sorted(first))
    return Asked(rules.geocoder, read_positions(files, rules, log), wanted, log.sorted())


def _rules(files: Folder, log: ProblemLog) -> CampaignFile | None:
    content = files.read(_CAMPAIGN_FILE, limit=TEXT_LIMIT, asked_at=Where(_CAMPAIGN_FILE))
    toml = None if content is None else parse_toml(content, _CAMPAIGN_FILE, log)
    return None if toml is None else read_rules(toml, log)


def read_positions(
    files: Folder, rules: CampaignFile, log: ProblemLog
) -> dict[Address, Position | None]:
    """Return what a geocoder found for the campaign; nothing where nobody asked it yet."""
    name = rules.geocoder.file if rules.geocoder else ""
    place = files.inside(name)
    if place is not None and not place.exists():
        return {}
    content = files.read(name, limit=TABLE_LIMIT, asked_at=rules.toml.where("geocoder.file"))
    if content is None:
        return {}
    try:
        return positions_from(content)
    except ValueError as error:
        log.add(Code.BROKEN_POSITIONS, Where(name, int(error.args[0])))
        return {}
