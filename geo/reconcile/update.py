"""The campaign as it is once the buyer has answered, and whether what is firm keeps its rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from geo.crs import WGS84, LngLat, reproject_points
from geo.errors import Problem, Severity
from geo.french import NBSP, euros, number, quoted
from geo.model import Campaign, Faces, Lock
from geo.reconcile.returned import WHOLE_FILE, NewFace, Reconciliation, Returned
from geo.targeting import Eligibility

_LIT = {None: -1, False: 0, True: 1}


def updated_campaign(campaign: Campaign, found: Reconciliation) -> Campaign:
    """Return the campaign with the buyer's prices, new faces and locks; nothing else differs."""
    faces = campaign.faces
    if found.prices:
        index = {str(face_id): i for i, face_id in enumerate(faces.face_id)}
        price_cents = faces.price_cents.copy()
        for face_id, cents in found.prices.items():
            price_cents[index[face_id]] = cents
        faces = replace(faces, price_cents=price_cents)
    if found.new_faces:
        faces = _with_new(faces, found.new_faces, crs=campaign.crs)
    return replace(campaign, faces=faces, locks=found.locks)


def _with_new(faces: Faces, new_faces: Sequence[NewFace], *, crs: int) -> Faces:
    """Return the inventory with new faces in it, sorted by id; these are for sale throughout."""
    added = [_columns_of(new, crs=crs, n_periods=faces.available.shape[1]) for new in new_faces]
    joined: dict[str, Any] = {}
    for column in fields(Faces):
        old = getattr(faces, column.name)
        default = _nothing(old)
        rows = [np.asarray([row.get(column.name, default)], dtype=old.dtype) for row in added]
        joined[column.name] = np.concatenate([old, *rows])
    order = np.argsort(joined["face_id"].astype(str), kind="stable")
    return Faces(**{name: column[order] for name, column in joined.items()})


def _nothing(column: np.ndarray[Any, Any]) -> object:
    """Return what stands for « not known » in a column."""
    if column.dtype == object:
        return ""
    return np.nan if column.dtype.kind == "f" else -1


def _columns_of(new: NewFace, *, crs: int, n_periods: int) -> dict[str, object]:
    words = new.words
    place = words.lnglat or LngLat(np.nan, np.nan)
    x, y = reproject_points(np.array([place.lng]), np.array([place.lat]), source=WGS84, target=crs)
    texts = ("operator", "format", "support", "address", "postcode", "city", "insee")
    return {name: getattr(words, name) for name in texts} | {
        "face_id": new.face_id,
        "surface_m2": np.nan if words.surface_m2 is None else words.surface_m2,
        "lit": _LIT[words.lit],
        "lng": place.lng,
        "lat": place.lat,
        "x": x[0],
        "y": y[0],
        "contacts": words.contacts,
        "price_cents": new.price_cents,
        "available": np.ones(n_periods, dtype=np.bool_),
    }


def check_update(
    campaign: Campaign, eligibility: Eligibility, found: Reconciliation, returned: Returned
) -> tuple[Problem, ...]:
    """Return why what the buyer holds cannot be planned with, row by row; nothing if it can.

    Where some rows have problems already, only what the other rows hold is looked at, and not the
    budget: nobody knows yet what becomes of the rest.

    Parameters
    ----------
    campaign, eligibility
        As updated, see `updated_campaign`.
    """
    check = _Check(campaign, eligibility, found, returned)
    problems = {*check.places(), *check.spacing(), *check.rotation(), *check.budget()}
    return tuple(sorted(problems))


class _Check:
    def __init__(
        self,
        campaign: Campaign,
        eligibility: Eligibility,
        found: Reconciliation,
        returned: Returned,
    ) -> None:
        self._campaign, self._found, self._returned = campaign, found, returned
        self._eligibility = eligibility
        self._face = {str(face_id): i for i, face_id in enumerate(campaign.faces.face_id)}
        agents = campaign.agents
        self._portrait = {agent.agent_id: agent.portrait_id for agent in agents}
        self._agent = {agent.agent_id: i for i, agent in enumerate(agents)}
        self._key = eligibility.edge_face * max(len(agents), 1) + eligibility.edge_agent
        self._is_whole = returned.is_whole and not found.problems
        self._held = [
            lock
            for lock in campaign.locks
            if lock.agent_id is not None
            and (self._is_whole or (lock.face_id, lock.period) in found.slots)
        ]

    def places(self) -> Iterator[Problem]:
        """Yield each posting of this file that its agent may not have there and then."""
        for lock in self._held:
            if (lock.face_id, lock.period) not in self._found.slots:
                continue
            agent = self._agent[str(lock.agent_id)]
            key = self._face[lock.face_id] * max(len(self._agent), 1) + agent
            edge = int(np.searchsorted(self._key, key))
            visual = quoted(self._portrait[str(lock.agent_id)])
            if edge == len(self._key) or self._key[edge] != key:
                message = f"La face {quoted(lock.face_id)} n’est pas dans une zone du visuel "
                remedy = "Demandez une face d’une de ses zones, ou refusez le remplacement."
                yield self._problem(lock, "outside-zone", f"{message}{visual}.", remedy)
            elif not self._eligibility.edge_open[edge, lock.period - 1]:
                message = (
                    f"La face {quoted(lock.face_id)} ne peut pas porter {visual} en vague "
                    f"{lock.period}{NBSP}: pas à vendre, interdite, hors séquence ou sans accord."
                )
                remedy = "Demandez une autre face ou une autre vague, ou corrigez la campagne."
                yield self._problem(lock, "not-open", message, remedy)

    def spacing(self) -> Iterator[Problem]:
        """Yield each two firm postings of one portrait that are too close in one period."""
        groups: dict[tuple[int, str], list[Lock]] = defaultdict(list)
        for lock in self._held:
            groups[lock.period, str(lock.agent_id)].append(lock)
        spacing_m, faces = self._campaign.matching.spacing_m, self._campaign.faces
        for group in groups.values():
            at = [self._face[lock.face_id] for lock in group]
            places = np.column_stack((faces.x[at], faces.y[at]))
            for i, j in sorted(cKDTree(places).query_pairs(spacing_m)):
                metres = float(np.hypot(*(places[i] - places[j])))
                if metres < spacing_m:
                    yield from self._too_close(group[i], group[j], metres)

    def _too_close(self, one: Lock, other: Lock, metres: float) -> Iterator[Problem]:
        blamed = max(
            (one, other), key=lambda k: self._found.slots.get((k.face_id, k.period), WHOLE_FILE)
        )
        if (blamed.face_id, blamed.period) in self._found.slots:
            message = (
                f"Les faces {quoted(one.face_id)} et {quoted(other.face_id)} portent le même "
                f"visuel en vague {one.period} à {number(metres)}{NBSP}m l’une de l’autre."
            )
            limit = number(self._campaign.matching.spacing_m)
            remedy = f"Demandez une face à {limit}{NBSP}m au moins, ou réduisez spacing_m."
            yield self._problem(blamed, "too-close", message, remedy)

    def rotation(self) -> Iterator[Problem]:
        """Yield each portrait that stays on one face for too many periods."""
        most = self._campaign.matching.max_periods_per_face
        times = Counter((lock.face_id, lock.agent_id) for lock in self._held)
        for lock in self._held:
            count = times[lock.face_id, lock.agent_id]
            if count > most and (lock.face_id, lock.period) in self._found.slots:
                message = (
                    f"Le même visuel reste {count} vagues sur la face {quoted(lock.face_id)}"
                    f"{NBSP}; max_periods_per_face en permet {most}."
                )
                remedy = "Demandez une autre face, ou augmentez max_periods_per_face."
                yield self._problem(lock, "too-long", message, remedy)

    def budget(self) -> Iterator[Problem]:
        """Yield a problem of the whole file if all that is firm costs more than the budget."""
        budget = self._campaign.matching.budget_cents
        prices = self._campaign.faces.price_cents
        cents = sum(int(prices[self._face[lock.face_id]]) for lock in self._held)
        if self._is_whole and budget is not None and cents > budget:
            message = (
                f"Les lignes fermes coûtent {euros(cents)} et le budget est de {euros(budget)}."
            )
            remedy = "Refusez des lignes, négociez les prix, ou augmentez budget_eur."
            where = self._returned.where(WHOLE_FILE)
            yield Problem(where, "over-budget", message, euros(cents), remedy, Severity.ERROR)

    def _problem(self, lock: Lock, code: str, message: str, remedy: str) -> Problem:
        row = self._found.slots[lock.face_id, lock.period]
        where = self._returned.where(row, "face_id")
        return Problem(where, code, message, lock.face_id, remedy, Severity.ERROR)
