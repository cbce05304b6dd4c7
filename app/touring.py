"""The tour alone: planned without the posters, with its variants, or again from a day on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from app.roads import OnRoads, Progress, given_out, put_on_roads, revised
from app.settings import RoadSettings
from data.read import Reading, read_campaign
from data.read_tour import read_past_tour
from data.write.tour_folder import check_tour_target, write_tour_folder
from geo import tour
from geo.errors import CampaignError, PlacardeError, UnknownNameError, errors_among
from geo.french import typeset
from geo.model import Maison
from geo.plan import Tour
from geo.tour import TourProblem


@dataclass(frozen=True, slots=True)
class Again:
    """A tour that has begun and is planned again.

    Parameters
    ----------
    folder
        Holds the tour as it was given out: of a plan, or of a tour alone.
    today
        What has begun before this day stays as it was; everything else is from this day on.
    blocked
        Maisons with the first day on which each can be reached again.
    """

    folder: Path
    today: date
    blocked: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Toured:
    """Tours that were planned and written, the best first.

    `names` and `towns` are by id; where two Maisons are in one town, it has their names instead.
    """

    folder: Path
    reading: Reading
    names: Mapping[str, str]
    towns: Mapping[str, str]
    tours: tuple[Tour, ...]


def tour_campaign(
    folder: Path,
    target_folder: Path,
    *,
    created: datetime,
    variants: int = 1,
    again: Again | None = None,
    crs: Mapping[str, str] | None = None,
    roads: RoadSettings,
    force: bool = False,
    progress: Progress,
) -> Toured:
    """Plan the tour of the campaign in `folder` and write its folder, whole or not at all.

    Parameters
    ----------
    created
        The date of creation that ``tournee.json`` carries.
    variants
        How many tours that differ in their order are wanted, the best of all among them.
    crs
        What the planner confirms of the CRS of files, see `data.read.read_campaign`.

    Raises
    ------
    CampaignError
        If the inputs have problems; it carries all of them.
    OutputExistsError
        If `target_folder` exists and may not be replaced. Said before the work, not after.
    PlacardeError
        If the campaign asks for no tour, or what is said of the tour that has begun does not fit.
    """
    check_tour_target(target_folder, force=force)
    progress("Lecture de la campagne…")
    reading = read_campaign(folder, crs=crs)
    if reading.campaign is None:
        raise CampaignError(errors_among(reading.problems))
    if reading.campaign.tour is None:
        raise PlacardeError(
            "Cette campagne ne demande pas de tournée : ajouter une section [tour]."
        )
    past = _past(target_folder, again)
    on_roads = put_on_roads(reading.campaign, roads, progress=progress)
    campaign = on_roads.campaign
    progress(f"Tournée : {len(campaign.maisons)} Maisons…")
    problem = _problem(on_roads, past=past, again=again)
    tours = tuple(
        revised(on_roads.finish(problem, each), past) for each in _solve(problem, variants)
    )
    progress("Écriture de la tournée…")
    write_tour_folder(
        target_folder,
        campaign_folder=folder,
        campaign=campaign,
        tours=tours,
        created=created,
        force=force,
    )
    names = {maison.maison_id: maison.name for maison in campaign.maisons}
    return Toured(target_folder, reading, names, _towns(campaign.maisons), tours)


def _towns(maisons: Sequence[Maison]) -> dict[str, str]:
    count = Counter(maison.city for maison in maisons)
    return {
        maison.maison_id: maison.city if maison.city and count[maison.city] == 1 else maison.name
        for maison in maisons
    }


def _past(target_folder: Path, again: Again | None) -> Tour | None:
    """Return the tour that was given out before: the one that has begun, else what is replaced."""
    if again is not None:
        return read_past_tour(again.folder)
    return given_out(target_folder)


def _solve(problem: TourProblem, variants: int) -> Sequence[Tour]:
    if variants == 1:
        return (tour.solve(problem),)
    from geo.tour.alternatives import alternatives  # noqa: PLC0415 - for those who want several

    return alternatives(problem, variants) or (tour.solve(problem),)


def _problem(on_roads: OnRoads, *, past: Tour | None, again: Again | None) -> TourProblem:
    """Return the tour to plan; of one that has begun, what began before `Again.today` stays."""
    problem = tour.build_problem(on_roads.campaign)
    if again is None or past is None:
        return problem
    named = [*(maison_id for maison_id, _ in again.blocked), *(s.maison_id for s in past.stops)]
    unknown = sorted(set(named) - set(problem.stop_ids))
    if unknown:
        raise UnknownNameError(typeset(f"Maisons inconnues de la campagne : {', '.join(unknown)}."))
    from geo.tour.prefix import Done, with_prefix  # noqa: PLC0415 - for a tour that has begun

    done = [
        Done(
            stop_id=stop.maison_id,
            kit=stop.kit,
            first_day=min(stop.open_on),
            last_day=max(stop.open_on),
            opens=stop.opens,
            closes=stop.closes,
        )
        for stop in past.stops
        if min(stop.open_on) < again.today
    ]
    return with_prefix(problem, done, today=again.today, blocked=again.blocked)
