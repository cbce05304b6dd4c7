"""The page of the media buyer: which visual goes on which face, when, and at what price.

No personal data: visuals go by their reference; neither jobs, headlines, names, consents nor the
ids of agents are put into the payload.
"""

from __future__ import annotations

import numpy as np

from geo import french
from maps import blocks, tour_blocks
from maps.calendar import calendar_section
from maps.columns import Json
from maps.scene import IntArray, Scene, fictitious_notice, portrait_series


def buyer_payload(scene: Scene, zones: Json) -> Json:
    """Return what ``carte-regie.html`` shows."""
    faces = np.unique(scene.face)
    portraits, series = np.unique(scene.portrait_of_posting(), return_inverse=True)
    return {
        "head": _head(scene, visuals=len(portraits), faces=len(faces)),
        "words": blocks.words(
            "Visuels", "Visuel", key="Face affichée ; son numéro est celui du visuel"
        ),
        "series": [portrait_series(int(r) + 1, scene.portraits[r]) for r in portraits],
        "periods": blocks.periods_block(scene),
        "zones": zones,
        "places": blocks.places_block(scene, faces, _facts(scene, faces)),
        "postings": blocks.postings_block(scene, faces, series),
        "tour": tour_blocks.tour_block(scene, with_times=False),
        "sections": [
            {
                "kind": "postings",
                "title": "Faces à poser",
                "caption": "Faces à poser, par vague puis par face",
                "whole": True,
                "columns": [
                    "fact:Face",
                    "period",
                    "dates",
                    "series",
                    "fact:Format",
                    "fact:Afficheur",
                    "fact:Adresse",
                    "fact:Commune",
                    "zone",
                    "fact:Prix HT par vague",
                ],
            },
            _orders_section(scene, portraits, series),
            tour_blocks.tour_section(scene),
            calendar_section(scene),
        ],
        "sources": list(blocks.SOURCES),
    }


def _head(scene: Scene, *, visuals: int, faces: int) -> Json:
    postings = len(scene.face)
    cost = int(scene.campaign.faces.price_cents[scene.face].sum())
    lead = "Aucune pose n’est prévue."
    if postings:
        lead = (
            f"{french.counted(postings, 'pose', 'poses')} sur "
            f"{french.counted(faces, 'face', 'faces')}, {blocks.posting_span(scene)}."
        )
    return {
        "kicker": "Carte de la régie",
        "title": scene.campaign.name,
        "lead": [lead],
        "figures": [
            {"value": french.number(postings), "label": french.noun(postings, "pose", "poses")},
            {"value": french.number(faces), "label": french.noun(faces, "face", "faces")},
            {"value": french.number(visuals), "label": french.noun(visuals, "visuel", "visuels")},
            {"value": french.euros(cost), "label": "prix d’espace HT"},
        ],
        "notice": fictitious_notice(scene.campaign),
    }


def _facts(scene: Scene, faces: IntArray) -> list[Json]:
    inventory = scene.campaign.faces
    lit = {1: "Oui", 0: "Non", -1: ""}
    return [
        blocks.text_fact("Face", inventory.face_id[faces]),
        blocks.text_fact("Afficheur", inventory.operator[faces]),
        blocks.text_fact("Format", inventory.format[faces]),
        blocks.text_fact("Support", inventory.support[faces]),
        blocks.number_fact("Surface (m²)", inventory.surface_m2[faces]),
        blocks.text_fact("Éclairée", [lit[int(v)] for v in inventory.lit[faces]]),
        blocks.text_fact("Adresse", inventory.address[faces]),
        blocks.text_fact("Code postal", inventory.postcode[faces]),
        blocks.text_fact("Commune", inventory.city[faces]),
        *blocks.position_fact(inventory, faces),
        blocks.number_fact("Prix HT par vague", inventory.price_cents[faces], kind="euros"),
    ]


def _orders_section(scene: Scene, portraits: IntArray, series: IntArray) -> Json:
    """Return how many faces to post, and at what price, for each period and visual."""
    price = scene.campaign.faces.price_cents[scene.face]
    rows, targets = [], []
    for period in scene.campaign.periods.numbers():
        for i, rank in enumerate(portraits):
            here = (scene.period == period) & (series == i)
            if here.any():
                label = f"{int(rank) + 1} – {scene.portraits[rank]}"
                cells = (french.number(int(here.sum())), french.euros(int(price[here].sum())))
                rows.append((label, f"Vague{french.NBSP}{period}", *cells))
                targets.append(i)
    return blocks.rows_section(
        "Par vague et par visuel",
        ("Visuel", "Vague", "Faces", "Prix d’espace HT"),
        rows,
        caption="Nombre de faces et prix, par vague et par visuel",
        targets=("series", targets),
        numbers=(2, 3),
    )
