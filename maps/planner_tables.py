"""The tables of the planner's page: exposure, tour, points to look at, problems of the inputs."""

from __future__ import annotations

import numpy as np

from geo import french
from geo.errors import Problem
from geo.plan import Leg, Stop
from geo.precision import PRECISIONS, found_positions
from maps import blocks, tour_blocks
from maps.columns import Json
from maps.scene import Scene

MOST_PROBLEMS = 300
"""Problems that are named; the rest are counted (``placarde check`` names all)."""


def exposure_section(scene: Scene) -> Json:
    """Return what each agent gets, beside the fair share."""
    at = {agent.agent_id: i for i, agent in enumerate(scene.campaign.agents)}
    rows, targets = [], []
    for exposure in sorted(scene.plan.allocation.agents, key=lambda e: at[e.agent_id]):
        agent = scene.campaign.agents[at[exposure.agent_id]]
        rows.append(
            (
                f"{scene.number_of(agent.portrait_id)} – {agent.agent_id}",
                agent.job,
                french.number(exposure.postings),
                french.number(exposure.contacts),
                french.number(exposure.exposure),
                french.number(exposure.target),
                french.percent(exposure.ratio),
            )
        )
        targets.append(at[exposure.agent_id])
    return blocks.rows_section(
        "Exposition par agent",
        ("Agent", "Métier", "Affichages", "Contacts", "Exposition", "Cible", "Part de la cible"),
        rows,
        caption="Exposition obtenue et cible, par agent",
        targets=("series", targets),
        numbers=(2, 3, 4, 5, 6),
        note="L’exposition compte les contacts, d’autant moins que la face est loin du lieu de "
        "travail.",
    )


def stops_section(scene: Scene) -> Json:
    """Return the stops with hours and the drive that leads to each, and the way back."""
    at = {maison.maison_id: i for i, maison in enumerate(scene.campaign.maisons)}
    maisons, marks = scene.campaign.maisons, tour_blocks.stop_marks(scene)
    legs = [leg for leg in scene.plan.tour.legs if leg.from_id != leg.to_id and not leg.empty]
    rows, targets = [], []
    for stop in scene.stops():
        # A Maison that is the depot too is come back to after its stay: that is another leg.
        leg = next((leg for leg in legs if _leads_to(leg, stop)), None)
        rows.append(
            (
                marks[stop.maison_id],
                maisons[at[stop.maison_id]].name,
                tour_blocks.drive_text(leg) if leg is not None else "–",
                french.moment(stop.arrive),
                french.opening_days(stop.open_on),
                french.moment(stop.leave),
            )
        )
        targets.append(at[stop.maison_id])
        legs = [other for other in legs if other is not leg]
    for leg in sorted(legs, key=lambda leg: (leg.kit, leg.depart)):
        times = (french.moment(leg.arrive), "–", "–")
        rows.append(("Retour", maisons[at[leg.to_id]].name, tour_blocks.drive_text(leg), *times))
        targets.append(at[leg.to_id])
    return blocks.rows_section(
        "L’exposition itinérante",
        ("Étape", "Maison", "Route pour y venir", "Arrivée", "Jours d’ouverture", "Départ"),
        rows,
        caption="Étapes et trajets, dans l’ordre",
        targets=("venue", targets),
        note="" if rows else "Aucune étape n’est prévue.",
    )


def _leads_to(leg: Leg, stop: Stop) -> bool:
    same = (leg.kit, leg.to_id) == (stop.kit, stop.maison_id)
    return same and leg.arrive <= stop.leave


def points_section(scene: Scene) -> Json:
    """Return the points that are known roughly or not at all, and what follows from it."""
    campaign = scene.campaign
    rows, targets = [], []
    for i, maison in enumerate(campaign.maisons):
        if maison.precision:
            rows.append(
                (
                    maison.name,
                    f"connue au niveau{french.NBSP}: {maison.precision}",
                    "Les trajets de cette étape sont à vérifier.",
                )
            )
            targets.append(i)
    for agent in campaign.agents:
        if agent.workplace is None:
            rows.append(
                (
                    agent.agent_id,
                    "lieu de travail inconnu",
                    "Toutes les faces de ses zones comptent comme proches.",
                )
            )
            targets.append(-1)
    for face_id, position in found_positions(campaign.faces).items():
        if position.precision != PRECISIONS[0] and len(rows) < MOST_PROBLEMS:
            rows.append((face_id, position.words, "Sa zone et ses distances sont à vérifier."))
            targets.append(-1)
    if scene.eligibility.levels:
        outside = np.flatnonzero((scene.eligibility.face_zone < 0).all(axis=1))
        for face_id in map(str, campaign.faces.face_id[outside[:MOST_PROBLEMS]]):
            rows.append((face_id, "hors de toutes les zones", "Aucun portrait ne peut y aller."))
            targets.append(-1)
    return blocks.rows_section(
        "Points à vérifier",
        ("Élément", "Ce qui est su du point", "Conséquence"),
        rows,
        caption="Points mal connus",
        targets=("venue", targets),
        note="" if rows else "Tous les points sont connus.",
    )


def problems_section(scene: Scene) -> Json:
    """Return what the doors had to say of the inputs."""
    problems = scene.problems
    more = len(problems) - MOST_PROBLEMS
    note = "" if problems else "Rien à signaler dans les données."
    if more > 0:
        note = f"Et {french.counted(more, 'autre', 'autres')} : placarde check les montre tous."
    return blocks.rows_section(
        "Problèmes des données",
        ("Où", "Problème", "Que faire"),
        [_problem_row(problem) for problem in problems[:MOST_PROBLEMS]],
        caption="Problèmes trouvés en lisant les données",
        note=note,
    )


def _problem_row(problem: Problem) -> tuple[str, str, str]:
    return (str(problem.where), problem.message, problem.remedy)
