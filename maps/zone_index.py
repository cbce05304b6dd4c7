"""The page that leads to the pages by zone: a list, and a map whose zones are links; no script."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from markupsafe import Markup

from geo import french
from geo.crs import WGS84, reproject_shapes
from maps import blocks
from maps.assets import asset_text
from maps.columns import Json
from maps.officials import officials_payload
from maps.onefile import hash_of, policy, template
from maps.scene import Scene
from maps.sheet import names_on, outline, sheet_of
from maps.zone_facts import NONE, RESIDENTS_NOTE, facts_of_zone

INDEX_FILE = "index.html"
# By which a folder's list is known as written here.
INDEX_MARK = '<meta name="generator" content="Placarde">'


def zone_index(scene: Scene, files: Mapping[str, int], *, level: str) -> str:
    """Return the page that leads to those of the zones of a level, to stand beside them.

    It says of them what the officials' page of the whole plan says, and no more.

    Parameters
    ----------
    files
        The zone of each file, sorted as they are to be listed.
    """
    column = scene.eligibility.levels.index(level)
    name = blocks.level_name(level)
    style = asset_text("placarde/index.css")
    whole = officials_payload(scene, {})["head"]
    return template(
        "index.html"
    ).render(
        kicker=f"Cartes des élus, par {name[:1].lower()}{name[1:]}",
        title=whole["title"],
        lead=whole["lead"],
        notice=whole["notice"],
        policy=policy(style_src=hash_of(style)),
        style=Markup(style),  # noqa: S704 - a file of this package
        **_table(scene, files, column=column),
        **_drawing(scene, files),
        note=RESIDENTS_NOTE,
        sources=blocks.SOURCES[:1],
    )


def _table(scene: Scene, files: Mapping[str, int], *, column: int) -> Json:
    """Return one row a file: its zone, the larger zone that it lies in, and what stands there."""
    levels = scene.eligibility.levels
    above = levels[column - 1] if column else None
    names = {zone.zone_id: zone.name for zone in scene.campaign.zones}
    counted = column < len(levels) - 1
    rows = []
    for file, i in files.items():
        zone, facts = scene.campaign.zones[i], facts_of_zone(scene, i, column=column)
        cells = (
            zone.name,
            *((names.get(zone.parent_id or "", NONE),) if above else ()),
            french.number(len(facts.portraits)),
            *((french.number(facts.communes),) if counted else ()),
            french.number(facts.faces),
            french.number(facts.residents) if facts.residents else NONE,
            facts.exhibition or NONE,
        )
        rows.append({"file": file, "cells": cells})
    head = (
        blocks.level_name(levels[column]),
        *((blocks.level_name(above),) if above else ()),
        "Portraits",
        *(("Communes",) if counted else ()),
        "Faces",
        "Habitants à proximité",
        "Exposition",
    )
    return {
        "caption": french.counted(len(rows), "carte, une par zone", "cartes, une par zone"),
        "head": head,
        "numbers": range(1 + bool(above), len(head) - 1),
        "rows": rows,
    }


def _drawing(scene: Scene, files: Mapping[str, int]) -> Json:
    """Return the zones as outlines that lead to their files, with their names."""
    zones = list(files.values())
    shapes = reproject_shapes(scene.shapes, source=WGS84, target=scene.campaign.crs)
    sheet = sheet_of(scene, shapes)
    names = names_on(scene, zones, shapes, sheet, taken=np.empty((0, 2)))
    return {
        "box": sheet.box(),
        "shapes": [
            {
                "file": file,
                "name": scene.campaign.zones[i].name,
                "outline": outline(shapes[i], sheet),
            }
            for file, i in files.items()
        ],
        "names": Markup("".join(name.svg() for name in names)),  # noqa: S704 - escaped there
    }
