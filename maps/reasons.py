"""Why each portrait is where it is, as columns and the few sentences made of them."""

from __future__ import annotations

import numpy as np

from geo import french
from geo.matching.explained.glance import WHYS
from geo.matching.explained.offers import Why
from geo.matching.explained.standing import Bar
from maps.columns import Json, packed
from maps.scene import Scene

_WHY = {
    Why.LOCK: "Décidé par un verrou.",
    Why.POSTED: "Aucun autre portrait permis ici n’y vaut plus.",
    Why.MINIMUM: "Nécessaire aux affichages voulus au moins pour cet agent.",
    Why.OUTBID: "Un autre portrait y vaudrait un peu plus ; le calcul s’est arrêté là.",
}

_UNKNOWN = 1 << 28
"""Stands for a number that is not known; no permille and no price is as large."""


def why_columns(scene: Scene) -> Json:
    """Return why each posting is there, as columns beside it; nothing without explanations.

    ``worth`` is in whole euros, ``behind`` in permille of the worth.
    """
    glances = scene.glances
    if glances is None or len(glances.face) != len(scene.face):
        return {}
    return {
        "why": packed(glances.why),
        "worth": packed(_whole(glances.worth_cents / 100)),
        "rival": packed(glances.rival),
        "bar": packed(glances.rival_bar),
        "behind": packed(_whole(glances.behind * 1000)),
        "rivals": packed(glances.rivals),
        "unknown": _UNKNOWN,
        "whys": [french.typeset(_WHY[why]) for why in WHYS],
        "bars": _bars(scene),
        "note": french.typeset(
            "« Vaut » : ce qu’il faudrait dépenser ailleurs, au prix marginal du budget, pour "
            "faire progresser autant l’ensemble du plan."
        ),
    }


def _whole(values: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    rounded = np.rint(np.where(known, np.clip(values, -1e6, 1e8), 0)).astype(np.int64)
    return np.where(known, rounded, _UNKNOWN)


def _bars(scene: Scene) -> list[str]:
    """Return what keeps a rival away, by the number of its `Bar`; empty where nothing does."""
    spacing = french.number(scene.campaign.matching.spacing_m)
    words = {
        Bar.CLOSED: "ne peut pas y aller dans cette vague",
        Bar.CONSENT: "n’a pas d’accord valable pour cette vague",
        Bar.LOCK: "est écarté par un verrou",
        Bar.ROTATION: "est déjà sur cette face dans une autre vague",
        Bar.SPACING: f"est déjà à moins de {spacing} m dans cette vague",
    }
    return [french.typeset(words.get(bar, "")) for bar in Bar]
