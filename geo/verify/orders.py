"""The order to the media buyer, line by line against the postings and the inventory."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from geo.french import euros, quoted
from geo.model import Agent, Faces
from geo.order import OrderLine
from geo.verify.ledger import Ledger
from geo.verify.places import ZoneTree, points_of, with_parents, zones_near
from geo.verify.violation import Rule, Violation, breach
from geo.verify.wording import day

DEGREES = 1.01e-6
"""An order has its degrees to 6 decimals."""

SQUARE_METRES = 0.0101
"""An order has its square metres to 2 decimals."""

_TEXT_OF_FACE = ("operator", "city", "insee", "address", "support", "format")
_OTHER_TEXT = ("face_id", "zone", "visual", "state")

Slot = tuple[int, str]


def check_order(ledger: Ledger, order: Sequence[OrderLine]) -> Iterator[Violation]:
    """Yield every line that is missing, too much, or says something else than the plan."""
    yield from _lines_match_postings(ledger, order)
    yield from _sorted(order)
    personal = _Personal(ledger.campaign.agents)
    for line in order:
        yield from _dates(ledger, line)
        yield from _face(ledger, line)
        yield from personal.check(line, ledger)
    yield from _zones(ledger, order)


def _where(line: OrderLine) -> str:
    return f"Commande, face {line.face_id}, vague {line.period}"


def _lines_match_postings(ledger: Ledger, order: Sequence[OrderLine]) -> Iterator[Violation]:
    wanted: dict[Slot, list[str]] = defaultdict(list)
    found: dict[Slot, list[str]] = defaultdict(list)
    for entry in ledger.entries:
        wanted[entry.posting.period, entry.posting.face_id].append(entry.agent.portrait_id)
    for line in order:
        found[line.period, line.face_id].append(line.visual)
    for slot in sorted(wanted.keys() | found.keys()):
        yield from _slot(slot, wanted.get(slot, []), found.get(slot, []))


def _slot(slot: Slot, wanted: list[str], found: list[str]) -> Iterator[Violation]:
    period, face_id = slot
    where = f"Commande, face {face_id}, vague {period}"
    if len(found) < len(wanted):
        message = f"{where} : {len(found)} ligne(s) pour {len(wanted)} pose(s)."
        yield breach(Rule.ORDER_MISSING_LINE, face_id, message)
    elif len(found) > len(wanted):
        message = f"{where} : {len(found)} ligne(s) pour {len(wanted)} pose(s)."
        yield breach(Rule.ORDER_EXTRA_LINE, face_id, message)
    elif Counter(found) != Counter(wanted):
        told, right = ", ".join(sorted(found)), ", ".join(sorted(wanted))
        message = f"{where} : visuel {told} au lieu de {right}."
        yield breach(Rule.ORDER_VISUAL, face_id, message)


def _sorted(order: Sequence[OrderLine]) -> Iterator[Violation]:
    for before, after in pairwise(order):
        if (before.period, before.face_id) > (after.period, after.face_id):
            message = f"{_where(after)} : la ligne vient après la face {before.face_id}, vague "
            message += f"{before.period}, et devrait la précéder."
            yield breach(Rule.ORDER_UNSORTED, after.face_id, message)


def _dates(ledger: Ledger, line: OrderLine) -> Iterator[Violation]:
    periods = ledger.campaign.periods
    if line.period not in periods.numbers():
        return  # an extra line, and said so
    first, last = periods.first_day(line.period), periods.last_day(line.period)
    if (line.start, line.end) != (first, last):
        message = (
            f"{_where(line)} : du {day(line.start)} au {day(line.end)}, "
            f"la vague va du {day(first)} au {day(last)}."
        )
        yield breach(Rule.ORDER_DATES, line.face_id, message)


def _face(ledger: Ledger, line: OrderLine) -> Iterator[Violation]:
    face = ledger.face_index.get(line.face_id)
    if face is None:
        return  # an extra line, and said so
    faces = ledger.campaign.faces
    price = int(faces.price_cents[face])
    if line.price_cents != price:
        message = f"{_where(line)} : prix {euros(line.price_cents)}, l’inventaire dit "
        yield breach(Rule.ORDER_PRICE, line.face_id, f"{message}{euros(price)}.")
    for name, found, right in _differences(faces, face, line):
        message = f"{_where(line)} : {name} vaut {found}, l’inventaire dit {right}."
        yield breach(Rule.ORDER_FACE, line.face_id, message)


def _differences(faces: Faces, face: int, line: OrderLine) -> Iterator[tuple[str, str, str]]:
    for name in _TEXT_OF_FACE:
        found, right = getattr(line, name), str(getattr(faces, name)[face])
        if _plain(found) != _plain(right):
            yield name, quoted(found), quoted(right)
    lat, lng = float(faces.lat[face]), float(faces.lng[face])
    for name, told, place in (("lat", line.lat, lat), ("lon", line.lon, lng)):
        if not abs(told - place) <= DEGREES:
            yield name, f"{told:.6f}", f"{place:.6f}"
    surface = float(faces.surface_m2[face])
    size = math.nan if line.surface_m2 is None else line.surface_m2
    if math.isnan(size) != math.isnan(surface) or abs(size - surface) > SQUARE_METRES:
        yield "surface_m2", f"{size}", f"{surface}"
    lit = {1: True, 0: False}.get(int(faces.lit[face]))
    if line.lit is not lit:
        yield "lit", f"{line.lit}", f"{lit}"


def _plain(text: str) -> str:
    """Return the text without what a table file may change: outer and repeated white space."""
    return " ".join(text.split())


def _zones(ledger: Ledger, order: Sequence[OrderLine]) -> Iterator[Violation]:
    named = [line for line in order if line.zone and line.face_id in ledger.face_index]
    if not named:
        return
    tree = ZoneTree(ledger.campaign.zones)
    faces = [ledger.face_index[line.face_id] for line in named]
    near = zones_near(tree, points_of(ledger.campaign.faces, faces))
    for line, zones in zip(named, near, strict=True):
        names = {tree.zones[zone].name for zone in with_parents(tree, zones)}
        if line.zone not in names:
            told = ", ".join(sorted(names)) or "aucune zone"
            message = f"{_where(line)} : zone {quoted(line.zone)}, la face est dans {told}."
            yield breach(Rule.ORDER_ZONE, line.face_id, message)


class _Personal:
    """Finds the ids and the names of agents in the words of an order.

    What the line repeats from the inventory, from a zone or from the portrait's own id was not
    written about an agent: a street may bear the name of one. A portrait's id is refused only
    where it is, whole, an agent's id or name.
    """

    def __init__(self, agents: Sequence[Agent]) -> None:
        ids = {a.agent_id.casefold() for a in agents}
        names = {_plain(a.name).casefold() for a in agents}
        self._words = (ids | names) - {""}
        told = "|".join(sorted((re.escape(w) for w in self._words), key=len, reverse=True))
        self._pattern = re.compile(rf"(?<![\w-])(?:{told})(?![\w-])") if told else None

    def check(self, line: OrderLine, ledger: Ledger) -> Iterator[Violation]:
        for name, text in self._written(line, ledger):
            found = self._find(name, _plain(text).casefold())
            if found:
                message = f"{_where(line)} : {name} contient {quoted(found)}, qui désigne un agent."
                yield breach(Rule.ORDER_PERSONAL, line.face_id, message)

    def _find(self, name: str, text: str) -> str | None:
        if name == "visual":
            return text if text in self._words else None
        match = self._pattern.search(text) if self._pattern else None
        return match.group() if match else None

    def _written(self, line: OrderLine, ledger: Ledger) -> Iterator[tuple[str, str]]:
        """Yield the texts of the line that do not come from the inventory."""
        face = ledger.face_index.get(line.face_id)
        for name in _OTHER_TEXT:
            if name != "face_id" or face is None:
                yield name, getattr(line, name)
        for name in _TEXT_OF_FACE:
            text = getattr(line, name)
            known = face is not None and getattr(ledger.campaign.faces, name)[face]
            if not isinstance(known, str) or _plain(text) != _plain(known):
                yield name, text
