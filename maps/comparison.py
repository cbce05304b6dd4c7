"""The page that shows two plans of one campaign and what differs: for the planner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from geo import french
from geo.compare import Comparison
from geo.model import Campaign
from geo.plan import Plan, Posting, Tour
from geo.targeting import Eligibility
from maps import blocks, tour_blocks
from maps.columns import Json
from maps.foliummap import folium_page
from maps.onefile import one_file
from maps.review import REMARKS_SCHEMA, plan_digest
from maps.scene import IntArray, Scene, fictitious_notice

# Each has a sign, a colour and a shape of its own; white on each colour has a contrast of 4.5.
_KINDS: tuple[Json, ...] = (
    {"mark": "+", "colour": "#1f7a3d", "shape": "round", "label": "Ajouté dans B", "detail": ""},
    {"mark": "−", "colour": "#b3341f", "shape": "square", "label": "Retiré de A", "detail": ""},
    {
        "mark": "≠",
        "colour": "#0b5fa5",
        "shape": "diamond",
        "label": "Autre portrait",
        "detail": "",
    },
)
_ADDED, _REMOVED, _SWAPPED = range(3)


@dataclass(frozen=True, slots=True)
class PlanSide:
    """One of the two plans: what it is called (its folder), its portraits, itself."""

    name: str
    campaign: Campaign
    plan: Plan


def render_comparison(
    a: PlanSide,
    b: PlanSide,
    comparison: Comparison,
    *,
    united: Campaign,
    eligibility: Eligibility,
    measures: Sequence[Sequence[str]],
    cautions: Sequence[str],
) -> str:
    """Return the HTML of the page; the same inputs give the same bytes.

    Parameters
    ----------
    united, eligibility
        A campaign that knows every face of both plans, and its own eligibility.
    measures
        Rows: what is measured, in A, in B, and the difference.
    cautions
        What to beware of in comparing these two.
    """
    changed, kinds = _changed(comparison)
    allocation = replace(b.plan.allocation, postings=changed)
    scene = Scene.of(united, replace(b.plan, allocation=allocation), eligibility)
    faces = np.unique(scene.face)
    payload = {
        "head": _head(united, comparison, cautions, faces=len(faces)),
        "words": blocks.words(
            "Changements",
            "Changement",
            key="Face qui change ; son signe dit en quoi",
            sample="±",
            counted=("changement", "changements"),
        ),
        "series": [_KINDS[kind] for kind in np.unique(kinds)],
        "periods": blocks.periods_block(scene),
        "zones": blocks.zones_block(scene),
        "places": blocks.places_block(scene, faces, _facts(scene, faces, a, b)),
        "postings": blocks.postings_block(scene, faces, np.searchsorted(np.unique(kinds), kinds)),
        "tour": tour_blocks.tour_block(scene, with_times=False),
        "sections": [
            blocks.rows_section(
                "Chiffres",
                ("Mesure", "Plan A", "Plan B", "B − A"),
                measures,
                caption="Ce que valent les deux plans",
                numbers=(1, 2, 3),
                note=f"Plan A : {a.name}. Plan B : {b.name}.",
            ),
            {
                "kind": "postings",
                "title": "Affichages qui changent",
                "caption": "Affichages qui changent de A à B",
                "columns": [
                    "fact:Face",
                    "period",
                    "series",
                    "fact:Dans A",
                    "fact:Dans B",
                    "fact:Commune",
                    "fact:Adresse",
                    "zone",
                ],
            },
            _portraits_section(a, b, comparison),
            _tour_section(united, a.plan.tour, b.plan.tour),
        ],
        "sources": list(blocks.SOURCES),
        "review": {
            "schema": REMARKS_SCHEMA,
            "plan": plan_digest(b.plan),
            "page": "comparaison",
        },
    }
    return one_file(folium_page(scene.bounds()), payload)


def _changed(comparison: Comparison) -> tuple[tuple[Posting, ...], IntArray]:
    """Return the postings that change, sorted by period then face, and the kind of each."""
    found = [
        *((posting, _ADDED) for posting in comparison.only_b),
        *((posting, _REMOVED) for posting in comparison.only_a),
        *((Posting(s.period, s.face_id, s.agent_b), _SWAPPED) for s in comparison.swapped),
    ]
    found.sort()
    kinds = np.array([kind for _, kind in found], dtype=np.int64)
    return tuple(posting for posting, _ in found), kinds


def _head(
    campaign: Campaign, comparison: Comparison, cautions: Sequence[str], *, faces: int
) -> Json:
    kept, added = len(comparison.both), len(comparison.only_b)
    removed, swapped = len(comparison.only_a), len(comparison.swapped)
    lead = "Les deux plans affichent la même chose."
    if added or removed or swapped:
        more = french.counted(added, "affichage est ajouté", "affichages sont ajoutés")
        lead = (
            f"De A à B, {more}, "
            f"{french.counted(removed, 'est retiré', 'sont retirés')} et "
            f"{french.counted(swapped, 'change de portrait', 'changent de portrait')}, sur "
            f"{french.counted(faces, 'face', 'faces')}. La carte ne montre que ceux-là et la "
            "tournée de B."
        )
    return {
        "kicker": "Comparaison de deux plans",
        "title": campaign.name,
        "lead": [lead, *cautions],
        "figures": [
            {"value": french.number(n), "label": french.noun(n, one, many)}
            for n, one, many in (
                (kept, "affichage inchangé", "affichages inchangés"),
                (added, "ajouté", "ajoutés"),
                (removed, "retiré", "retirés"),
                (swapped, "autre portrait", "autres portraits"),
            )
        ],
        "notice": fictitious_notice(campaign),
    }


def _facts(scene: Scene, faces: IntArray, a: PlanSide, b: PlanSide) -> list[Json]:
    inventory = scene.campaign.faces
    ids = [str(face_id) for face_id in inventory.face_id[faces]]
    in_a, in_b = _carried(a), _carried(b)
    return [
        blocks.text_fact("Face", ids),
        blocks.text_fact("Dans A", [in_a.get(face_id, "–") for face_id in ids]),
        blocks.text_fact("Dans B", [in_b.get(face_id, "–") for face_id in ids]),
        blocks.text_fact("Commune", inventory.city[faces]),
        blocks.text_fact("Adresse", inventory.address[faces]),
        blocks.text_fact("Format", inventory.format[faces]),
        blocks.number_fact("Prix HT par vague", inventory.price_cents[faces], kind="euros"),
    ]


def _carried(side: PlanSide) -> Mapping[str, str]:
    """Return what each face carries in a plan: period and portrait."""
    names = {agent.agent_id: agent.portrait_id for agent in side.campaign.agents}
    carried: dict[str, list[str]] = defaultdict(list)
    for posting in sorted(side.plan.allocation.postings):
        words = f"vague{french.NBSP}{posting.period}{french.NBSP}: {names[posting.agent_id]}"
        carried[posting.face_id].append(words)
    return {face_id: f"{french.NBSP}; ".join(words) for face_id, words in carried.items()}


def _names(side: PlanSide) -> Mapping[str, str]:
    return {x.agent_id: f"{x.portrait_id} ({x.job})" for x in side.campaign.agents}


def _portraits_section(a: PlanSide, b: PlanSide, comparison: Comparison) -> Json:
    names = {**_names(a), **_names(b)}
    rows = [
        (
            names[change.agent_id],
            "–" if change.a is None else french.number(change.a.ratio, 2),
            "–" if change.b is None else french.number(change.b.ratio, 2),
            *(french.number(n) for n in (change.kept, change.lost, change.gained)),
        )
        for change in comparison.agents
    ]
    return blocks.rows_section(
        "Par portrait",
        ("Portrait", "Rapport dans A", "Rapport dans B", "Gardés", "Perdus", "Gagnés"),
        rows,
        caption="Exposition et affichages de chaque portrait",
        numbers=(1, 2, 3, 4, 5),
        note="Rapport : exposition reçue, divisée par la part équitable.",
    )


def _tour_section(campaign: Campaign, a: Tour, b: Tour) -> Json:
    """Return the Maisons where the exhibition does not stand on the same days in both."""
    days_a, days_b = _days(a), _days(b)
    maisons = [m for m in campaign.maisons if days_a.get(m.maison_id) != days_b.get(m.maison_id)]
    rows = [(m.name, days_a.get(m.maison_id, "–"), days_b.get(m.maison_id, "–")) for m in maisons]
    at = {m.maison_id: i for i, m in enumerate(campaign.maisons)}
    return blocks.rows_section(
        "Exposition : dates qui changent",
        ("Maison du Département", "Dans A", "Dans B"),
        rows,
        caption="Dates de l’exposition qui changent",
        targets=("venue", [at[m.maison_id] for m in maisons]),
        note="" if rows else "Les dates de l’exposition sont les mêmes.",
    )


def _days(tour: Tour) -> Mapping[str, str]:
    days: dict[str, list[str]] = defaultdict(list)
    for stop in _in_order(tour):
        days[stop[0]].append(stop[1])
    return {maison_id: f"{french.NBSP}; ".join(words) for maison_id, words in days.items()}


def _in_order(tour: Tour) -> Iterable[tuple[str, str]]:
    stops = sorted(tour.stops, key=lambda stop: (stop.arrive, stop.kit))
    return [(stop.maison_id, french.opening_days(stop.open_on)) for stop in stops]
