"""The page of the elected officials: portraits, places and dates, and nothing else.

No price, no person's name, no consent, no id: what is not put into the payload cannot leak from
the page, so everything here is picked by name. Only portraits that are posted appear.
"""

from __future__ import annotations

import numpy as np

from geo import french
from geo.model import Agent
from maps import blocks, tour_blocks
from maps.assets import data_uri
from maps.calendar import calendar_section
from maps.columns import Json
from maps.scene import Scene, fictitious_notice, portrait_series
from maps.zone_facts import NONE, RESIDENTS_NOTE, ZoneFacts, facts_of_zone

# What a browser shows in <img>; a picture of another kind is left out.
_PICTURES = frozenset({"image/svg+xml", "image/png", "image/jpeg", "image/webp"})


def officials_payload(scene: Scene, zones: Json) -> Json:
    """Return what ``carte-elus.html`` shows."""
    faces = np.unique(scene.face)
    portraits, series = np.unique(scene.portrait_of_posting(), return_inverse=True)
    return {
        "head": _head(scene, portraits=len(portraits), faces=len(faces)),
        "words": blocks.words(
            "Portraits", "Portrait", key="Face affichée ; son numéro est celui du portrait"
        ),
        "series": [_series(scene, int(rank)) for rank in portraits],
        "periods": blocks.periods_block(scene),
        "zones": zones,
        "places": blocks.places_block(
            scene,
            faces,
            [
                blocks.text_fact("Commune", scene.campaign.faces.city[faces]),
                blocks.text_fact("Adresse", scene.campaign.faces.address[faces]),
                blocks.text_fact("Format", scene.campaign.faces.format[faces]),
            ],
        ),
        "postings": blocks.postings_block(scene, faces, series),
        "tour": tour_blocks.tour_block(scene, with_times=False),
        "sections": [
            {"kind": "gallery", "title": "Les portraits"},
            _zones_section(scene),
            tour_blocks.tour_section(scene),
            calendar_section(scene),
            {
                "kind": "postings",
                "title": "Tous les affichages",
                "caption": "Affichages montrés sur la carte",
                "columns": [
                    "series",
                    "zone",
                    "fact:Commune",
                    "fact:Adresse",
                    "fact:Format",
                    "dates",
                ],
            },
        ],
        "sources": list(blocks.SOURCES),
    }


def _head(scene: Scene, *, portraits: int, faces: int) -> Json:
    return {
        "kicker": "Carte des élus",
        "title": scene.campaign.name,
        "place": scene.campaign.zones[scene.focus].name if scene.focus >= 0 else "",
        "lead": _lead(scene, portraits=portraits, faces=faces),
        "figures": [
            {"value": french.number(n), "label": french.noun(n, one, many)}
            for n, one, many in (
                (portraits, "portrait", "portraits"),
                (scene.communes_reached(), "commune", "communes"),
                (faces, "face d’affichage", "faces d’affichage"),
                (scene.residents(), "habitant à proximité", "habitants à proximité"),
                (len(scene.stops()), "étape d’exposition", "étapes d’exposition"),
            )
            if n or many != "habitants à proximité"
        ],
        "notice": fictitious_notice(scene.campaign),
    }


def _lead(scene: Scene, *, portraits: int, faces: int) -> list[str]:
    lead = [_posted_sentence(scene, portraits, faces) if portraits else _nothing_sentence(scene)]
    residents = scene.residents()
    if residents:
        lead.append(
            f"{french.counted(residents, 'personne habite', 'personnes habitent')} dans une "
            "commune où un portrait est affiché."
        )
    stops = scene.stops()
    if stops:
        names = french.counted(len(stops), "Maison du Département", "Maisons du Département")
        lead.append(f"L’exposition des portraits visite {names}, {tour_blocks.tour_span(scene)}.")
    return lead


def _posted_sentence(scene: Scene, portraits: int, faces: int) -> str:
    where = ", là où ces agents travaillent"
    if scene.focus >= 0:
        where = f" – {scene.campaign.zones[scene.focus].name}"
    return (
        f"{blocks.posting_span(scene)}, ".capitalize()
        + f"{french.counted(portraits, 'portrait d’agent', 'portraits d’agents')} du "
        f"Département {'est affiché' if portraits < 2 else 'sont affichés'} sur "
        f"{french.counted(faces, 'face', 'faces')}, dans "
        f"{french.counted(scene.communes_reached(), 'commune', 'communes')}{where}."
    )


def _nothing_sentence(scene: Scene) -> str:
    return "Aucun portrait n’est affiché " + ("ici." if scene.focus >= 0 else "dans ce plan.")


def _series(scene: Scene, rank: int) -> Json:
    portrait_id = scene.portraits[rank]
    agent = next(a for a in scene.campaign.agents if a.portrait_id == portrait_id)
    entry = portrait_series(rank + 1, agent.headline or agent.job, detail=_detail(agent))
    picture = scene.campaign.portraits.get(portrait_id)
    if picture is not None and picture.media_type in _PICTURES:
        entry["image"] = data_uri(picture.content, picture.media_type)
    return entry


def _detail(agent: Agent) -> str:
    return agent.job if agent.headline else ""


def _zones_section(scene: Scene) -> Json:
    """Return one row a zone: portraits, communes, faces, residents, exhibition.

    Of the main level; on the page of one zone, of the next finer level.
    """
    levels, zones = scene.eligibility.levels, scene.campaign.zones
    column = scene.main_level
    if scene.focus >= 0:
        column = min(levels.index(zones[scene.focus].level) + 1, len(levels) - 1)
    level = levels[column] if levels else ""
    found = {
        i: facts_of_zone(scene, i, column=column) for i in scene.zones if zones[i].level == level
    }
    members = sorted(found, key=lambda i: zones[i].name)
    if scene.focus >= 0:
        members = [i for i in members if not found[i].nothing()]
    counted = column < len(levels) - 1
    name = blocks.level_name(level)
    said = f"{name[:1].lower()}{name[1:]}"
    return blocks.rows_section(
        f"Par {said}",
        (
            name,
            "Portraits (numéros)",
            *(("Communes",) if counted else ()),
            "Faces",
            "Habitants à proximité",
            "Exposition",
        ),
        [_zone_row(zones[i].name, found[i], counted=counted) for i in members],
        caption=f"Portraits, affichages et exposition par {said}",
        targets=("zone", [scene.zones.index(i) for i in members]),
        numbers=(2, 3, 4) if counted else (2, 3),
        note=RESIDENTS_NOTE,
    )


def _zone_row(name: str, facts: ZoneFacts, *, counted: bool) -> tuple[str, ...]:
    return (
        name,
        ", ".join(map(str, facts.portraits)) or NONE,
        *((french.number(facts.communes),) if counted else ()),
        french.number(facts.faces),
        french.number(facts.residents) if facts.residents else NONE,
        facts.exhibition or NONE,
    )
