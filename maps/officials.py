"""The page of the elected officials: portraits, places and dates, and nothing else.

No price, no person's name, no consent, no id: what is not put into the payload cannot leak from
the page, so everything here is picked by name. Only portraits that are posted appear.
"""

from __future__ import annotations

import numpy as np

from geo import french
from geo.model import Agent
from maps import blocks
from maps.assets import data_uri
from maps.columns import Json
from maps.scene import IntArray, Scene, fictitious_notice, portrait_series

# What a browser shows in <img>; a picture of another kind is left out.
_PICTURES = frozenset({"image/svg+xml", "image/png", "image/jpeg", "image/webp"})


def officials_payload(scene: Scene, zones: Json) -> Json:
    """Return what ``carte-elus.html`` shows."""
    faces = np.unique(scene.face)
    portraits, series = np.unique(scene.portrait_of_posting(), return_inverse=True)
    return {
        "head": _head(scene, portraits=len(portraits), faces=len(faces)),
        "words": {"series": "Portraits", "one": "Portrait", "of": "du portrait"},
        "series": [_series(scene, int(rank)) for rank in portraits],
        "periods": blocks.periods_block(scene),
        "zones": zones,
        "places": blocks.places_block(
            scene,
            faces,
            [
                blocks.text_fact("Commune", scene.campaign.faces.city[faces]),
                blocks.text_fact("Adresse", scene.campaign.faces.address[faces]),
            ],
        ),
        "postings": blocks.postings_block(scene, faces, series),
        "tour": blocks.tour_block(scene, with_times=False),
        "sections": [
            {"kind": "gallery", "title": "Les portraits"},
            _zones_section(scene, portraits, series),
            blocks.tour_section(scene),
            {
                "kind": "postings",
                "title": "Tous les affichages",
                "caption": "Affichages montrés sur la carte",
                "columns": ["series", "zone", "fact:Commune", "fact:Adresse", "dates"],
            },
        ],
        "sources": list(blocks.SOURCES),
    }


def _head(scene: Scene, *, portraits: int, faces: int) -> Json:
    return {
        "kicker": "Carte des élus",
        "title": scene.campaign.name,
        "lead": _lead(scene, portraits=portraits, faces=faces),
        "figures": [
            {"value": french.number(n), "label": french.noun(n, one, many)}
            for n, one, many in (
                (portraits, "portrait", "portraits"),
                (scene.communes_reached(), "commune", "communes"),
                (faces, "face d’affichage", "faces d’affichage"),
                (len(scene.plan.tour.stops), "étape d’exposition", "étapes d’exposition"),
            )
        ],
        "notice": fictitious_notice(scene.campaign),
    }


def _lead(scene: Scene, *, portraits: int, faces: int) -> list[str]:
    lead = []
    if portraits:
        lead.append(
            f"{blocks.posting_span(scene)}, ".capitalize()
            + f"{french.counted(portraits, 'portrait d’agent', 'portraits d’agents')} du "
            f"Département {'est affiché' if portraits < 2 else 'sont affichés'} sur "
            f"{french.counted(faces, 'face', 'faces')}, dans "
            f"{french.counted(scene.communes_reached(), 'commune', 'communes')}, là où ces "
            "agents travaillent."
        )
    else:
        lead.append("Aucun portrait n’est affiché dans ce plan.")
    if scene.plan.tour.stops:
        stops = french.counted(
            len(scene.plan.tour.stops), "Maison du Département", "Maisons du Département"
        )
        lead.append(f"L’exposition des portraits visite {stops}, {blocks.tour_span(scene)}.")
    return lead


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


def _zones_section(scene: Scene, portraits: IntArray, series: IntArray) -> Json:
    """Return one row a zone of the main level: portraits, communes, faces, exhibition."""
    zone_of = scene.zone_of_faces(scene.main_level)
    levels = scene.eligibility.levels
    level = levels[scene.main_level] if levels else ""
    members = [i for i, zone in enumerate(scene.campaign.zones) if zone.level == level]
    members.sort(key=lambda i: scene.campaign.zones[i].name)
    finest = scene.zone_of_faces(len(levels) - 1)
    rows = []
    for i in members:
        here = zone_of[scene.face] == i
        marks = sorted({int(portraits[s]) + 1 for s in series[here]})
        communes = np.unique(finest[scene.face[here]])
        rows.append(
            (
                scene.campaign.zones[i].name,
                ", ".join(map(str, marks)) or "–",
                french.number(len(communes)),
                french.number(len(np.unique(scene.face[here]))),
                _exhibition_in(scene, i),
            )
        )
    name = blocks.level_name(level)
    return blocks.rows_section(
        f"Par {name[:1].lower()}{name[1:]}",
        (name, "Portraits (numéros)", "Communes", "Faces", "Exposition"),
        rows,
        caption=f"Portraits, affichages et exposition par {name[:1].lower()}{name[1:]}",
        targets=("zone", members),
        numbers=(2, 3),
    )


def _exhibition_in(scene: Scene, zone: int) -> str:
    """Return where and when the exhibition stands in a zone."""
    area = scene.campaign.zones[zone]
    maisons = {maison.maison_id: maison for maison in scene.campaign.maisons}
    texts = []
    for stop in blocks.stops_in_order(scene):
        maison = maisons[stop.maison_id]
        if maison.zone_id == area.zone_id:
            texts.append(f"{maison.city}, {french.opening_days(stop.open_on)}")
    return " ; ".join(texts) or "–"
