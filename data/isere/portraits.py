"""Drawn placeholders in the place of photographs: flat figures that look like nobody.

Each says in its title and on the picture that it is fictitious.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

from data.isere.agents import AGENTS, portrait_id

INK = "#22313f"
PAPER = "#fbf8f1"


@dataclass(frozen=True, slots=True)
class Look:
    """How a figure is drawn: two colours, what it wears on its head, and the sign of its job."""

    ground: str
    coat: str
    head: str
    sign: str


# What is on the head, around a face that is a circle of radius 52 at (150, 150).
HEADS: dict[str, str] = {
    "toque": '<path d="M108 118V92a30 30 0 0 1 14-56 34 34 0 0 1 56 0 30 30 0 0 1 14 56v26z" '
    f'fill="{PAPER}"/>',
    "casque": '<path d="M92 132a58 58 0 0 1 116 0h10v12H82v-12z" fill="#f2c14e"/>'
    '<path d="M142 74h16v40h-16z" fill="#d9a52f"/>',
    "casquette": f'<path d="M96 134a54 54 0 0 1 108 0h30q4 12-12 12H96z" fill="{INK}"/>',
    "chapeau": '<path d="M70 130h160v14H70zM104 130q0-50 46-50t46 50z" fill="#8a6d3b"/>',
    "chignon": f'<circle cx="150" cy="84" r="22" fill="{INK}"/>'
    f'<path d="M96 150a54 54 0 0 1 108 0q-20-30-54-30t-54 30z" fill="{INK}"/>',
    "court": f'<path d="M96 152a54 56 0 0 1 108 0q-12-34-40-34-44 4-68 34z" fill="{INK}"/>',
    "carre": f'<path d="M94 206v-58a56 56 0 0 1 112 0v58h-22v-62q-34-6-68 0v62z" fill="{INK}"/>',
    "boucles": "".join(
        f'<circle cx="{x}" cy="{y}" r="21" fill="{INK}"/>'
        for x, y in ((104, 132), (118, 106), (150, 96), (182, 106), (196, 132))
    ),
}

# The sign of the job, in strokes inside a box of 60 by 60.
SIGNS: dict[str, str] = {
    "marmite": "M10 26h40v20q0 6-6 6H16q-6 0-6-6zM4 26h52M30 26v-6M22 12q4-4 0-8M38 12q4-4 0-8",
    "bulles": "M6 10h32v20H20l-8 8v-8H6zM28 36v8h14l8 8v-8h4V24h-8",
    "cone": "M24 8h12l14 40H10zM19 22h22M14 36h32M4 50h52",
    "biberon": "M22 22h16v28q0 4-4 4h-8q-4 0-4-4zM20 16h20v6H20zM26 16q0-10 4-10t4 10M22 34h8",
    "boite": "M8 12h44v14H8zM12 26h36v26H12zM24 36h12",
    "livre": "M30 14q-10-8-24-6v40q14-2 24 6 10-8 24-6V8q-14-2-24 6zM30 14v40",
    "feuille": "M10 50q-6-38 42-42 2 46-36 38M10 54q8-24 28-34",
    "route": "M22 6h16l16 48H6zM30 10v8M30 26v10M30 44v8",
    "cle": "M20 40 44 16M12 36a10 10 0 1 0 12 12l-8-2-2-6zM36 12a10 10 0 1 1 12 12",
    "maison": "M6 30 30 8l24 22M12 26v26h36V26M30 46l-8-8q-4-8 4-8l4 4 4-4q8 0 4 8z",
    "coeur": "M30 52 10 32Q2 16 16 10q10-2 14 8 4-10 14-8 14 6 6 22z",
    "fiche": "M14 10h32v44H14zM23 5h14v10H23zM21 26h18M21 35h18M21 44h10",
    "musee": "M6 22 30 6l24 16zM12 22v24M24 22v24M36 22v24M48 22v24M6 52h48",
    "sommet": "M4 52 24 16l12 20 6-10 14 26zM18 27l6 5 6-5",
    "pont": "M4 26h52M4 20q26-14 52 0M12 52V26M48 52V26M12 48q18-24 36 0",
    "roue": "M30 13a17 17 0 1 1 0 34 17 17 0 1 1 0-34zM30 24a6 6 0 1 1 0 12 6 6 0 1 1 0-12z"
    "M30 13V6M30 47v7M13 30H6M47 30h7M18 18l-5-5M42 42l5 5M18 42l-5 5M42 18l5-5",
    "accueil": "M8 46h44M12 46a18 18 0 0 1 36 0M30 28v-8M24 18h12M4 54h52",
    "fiole": "M24 6h12M26 6v16L12 48q-2 6 4 6h28q6 0 4-6L34 22V6M18 38h24",
}

# In the order of the agents.
LOOKS: tuple[Look, ...] = (
    Look("#e8a87c", PAPER, "toque", "marmite"),
    Look("#85c7de", "#2a6f97", "carre", "bulles"),
    Look("#9fc490", "#e07a1f", "casque", "cone"),
    Look("#f2b5d4", "#7b4b94", "chignon", "biberon"),
    Look("#d8c99b", "#5f4b32", "court", "boite"),
    Look("#b8b8d1", "#5b5f97", "boucles", "livre"),
    Look("#a7c957", "#386641", "chapeau", "feuille"),
    Look("#f4d58d", "#e07a1f", "casquette", "route"),
    Look("#a9bcd0", "#37505c", "court", "cle"),
    Look("#f7c59f", "#9c4a3c", "boucles", "maison"),
    Look("#c9ada7", "#8f2d56", "chignon", "coeur"),
    Look("#bcd4de", "#40798c", "court", "fiche"),
    Look("#e5b25d", "#6a3d6a", "carre", "musee"),
    Look("#95d5b2", "#2d6a4f", "casquette", "sommet"),
    Look("#cddafd", "#3d5a80", "casque", "pont"),
    Look("#d6ccc2", "#344e6b", "casquette", "roue"),
    Look("#ffd6a5", "#b5483a", "carre", "accueil"),
    Look("#bde0d4", PAPER, "court", "fiole"),
)


def portrait_files() -> Iterator[tuple[str, bytes]]:
    """Yield the name and the SVG content of each portrait, in the order of the agents."""
    for number, (agent, look) in enumerate(zip(AGENTS, LOOKS, strict=True), start=1):
        yield f"{portrait_id(number)}.svg", _draw(look, agent.job).encode()


def _draw(look: Look, job: str) -> str:
    title = escape(f"Portrait fictif\u00a0: {job[0].lower()}{job[1:]}")
    behind = HEADS[look.head] if look.head == "boucles" else ""
    before = "" if behind else HEADS[look.head]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="400" viewBox="0 0 300 400" '
        f'role="img">\n<title>{title}</title>\n'
        f'<path d="M0 0h300v400H0z" fill="{look.ground}"/>\n'
        f'<circle cx="150" cy="170" r="120" fill="{PAPER}" fill-opacity=".35"/>\n'
        f'<path d="M40 400q0-150 110-150t110 150z" fill="{look.coat}"/>\n'
        '<path d="M128 190h44v56q-22 26-44 0z" fill="#c2b8ad"/>\n'
        f"{behind}"
        '<circle cx="150" cy="150" r="52" fill="#d9d0c5"/>\n'
        f"{before}\n"
        f'<circle cx="228" cy="330" r="48" fill="{PAPER}" stroke="{INK}" stroke-width="4"/>\n'
        f'<path transform="translate(198 300)" d="{SIGNS[look.sign]}" fill="none" '
        f'stroke="{INK}" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>\n'
        f'<rect x="14" y="360" width="136" height="28" rx="14" fill="{PAPER}"/>\n'
        f'<text x="82" y="380" text-anchor="middle" font-family="sans-serif" font-size="17" '
        f'fill="{INK}">Portrait fictif</text>\n'
        "</svg>\n"
    )
