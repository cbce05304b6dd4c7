"""What is written of a plan on demand, each kind for somebody: ``placarde export``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from data.read_plan import PlanFolder
from data.write.atomic import whole_folder, write_file
from data.write.geojson import geojson
from data.write.geopackage import geopackage
from data.write.geoparquet import geoparquet
from data.write.layers import Layer, plan_layers
from data.write.press import press_csv, press_lines
from data.write.promotion import NOTE, promotion_csv, promotion_json, promotion_places
from data.write.purchase_order import purchase_order_pdf
from data.write.synthesis import Synthesis, synthesis_pdf
from geo.errors import OutputExistsError
from geo.french import NBSP
from geo.targeting import Eligibility, target

ORDER_FILE = "bon-de-commande.pdf"
GEOPACKAGE_FILE = "plan.gpkg"
PROMOTION_FILES = ("promotion-meta.csv", "promotion-meta.json")
PRESS_FILE = "presse.csv"
SYNTHESIS_FILE = "synthese.pdf"
README_FILE = "LISEZ-MOI.txt"
_LAYERS = ("zones", "maisons", "faces", "postings", "tour")


@dataclass(frozen=True)
class Source:
    """A plan folder, and what is to be said in its exports beyond it.

    `advertiser` and `buyer` are names for the purchase order; blanks to fill where empty.
    `synthesis` draws the map of the one-page summary, which is not drawn here.
    """

    found: PlanFolder
    advertiser: str = ""
    buyer: str = ""
    synthesis: Callable[[Eligibility], Synthesis] | None = None

    @cached_property
    def eligibility(self) -> Eligibility:
        """Return which agent may be on which face."""
        return target(self.found.campaign)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Return the layers of the plan."""
        found = self.found
        return plan_layers(found.campaign, eligibility=self.eligibility, plan=found.plan)

    @property
    def attribution(self) -> str:
        """Return whose data these are, and what they were made from."""
        inputs = ", ".join(f"{file.name} ({file.sha256[:12]})" for file in self.found.inputs)
        return (
            f"Campagne «{NBSP}{self.found.campaign.name}{NBSP}», plan calculé par Placarde "
            f"{self.found.versions.get('placarde', '')}. Les zones, les Maisons et les faces "
            f"restent sous les droits de leurs sources{NBSP}: {inputs}."
        )


@dataclass(frozen=True, slots=True)
class Export:
    """A kind of export: the files that it makes, for whom they are, and how they are made."""

    files: tuple[str, ...]
    audience: str
    make: Callable[[Source], Mapping[str, bytes]]


def _order(source: Source) -> dict[str, bytes]:
    found = source.found
    names = {"advertiser": source.advertiser, "buyer": source.buyer}
    return {ORDER_FILE: purchase_order_pdf(found.campaign, found.order, **names)}


def _geopackage(source: Source) -> dict[str, bytes]:
    campaign = source.found.campaign
    content = geopackage(
        source.layers,
        title=campaign.name,
        attribution=source.attribution,
        day=campaign.periods.start,
        visuals=sorted(agent.portrait_id for agent in campaign.agents),
    )
    return {GEOPACKAGE_FILE: content}


def _geojson(source: Source) -> dict[str, bytes]:
    note = source.attribution
    return {f"{each.name}.geojson": geojson(each, attribution=note) for each in source.layers}


def _geoparquet(source: Source) -> dict[str, bytes]:
    note = source.attribution
    return {f"{each.name}.parquet": geoparquet(each, attribution=note) for each in source.layers}


def _promotion(source: Source) -> dict[str, bytes]:
    places = promotion_places(source.found.campaign, source.eligibility)
    contents = promotion_csv(places), promotion_json(places)
    return dict(zip(PROMOTION_FILES, contents, strict=True))


def _press(source: Source) -> dict[str, bytes]:
    found = source.found
    lines = press_lines(found.campaign, eligibility=source.eligibility, plan=found.plan)
    return {PRESS_FILE: press_csv(lines)}


def _synthesis(source: Source) -> dict[str, bytes]:
    if source.synthesis is None:
        raise ValueError("nobody draws the map of this summary")
    return {SYNTHESIS_FILE: synthesis_pdf(source.synthesis(source.eligibility))}


EXPORTS: Mapping[str, Export] = {
    "pdf": Export((ORDER_FILE,), "l’annonceur et l’acheteur d’espace, à signer", _order),
    "gpkg": Export(
        (GEOPACKAGE_FILE,), "l’équipe SIG de la collectivité (avec les prix)", _geopackage
    ),
    "geojson": Export(
        tuple(f"{name}.geojson" for name in _LAYERS), "l’équipe SIG (avec les prix)", _geojson
    ),
    "geoparquet": Export(
        tuple(f"{name}.parquet" for name in _LAYERS), "l’équipe SIG (avec les prix)", _geoparquet
    ),
    "meta": Export(
        PROMOTION_FILES, "qui achète la promotion en ligne (accord « web » seulement)", _promotion
    ),
    "presse": Export(
        (PRESS_FILE,), "les rédactions et leur régie (accord « presse » seulement)", _press
    ),
    "synthese": Export(
        (SYNTHESIS_FILE,), "les élus qui impriment : une page, sans prix ni nom", _synthesis
    ),
}
"""Every kind of export, by the name that ``--format`` takes."""


def write_exports(
    target_folder: Path, source: Source, kinds: Sequence[str], *, force: bool
) -> tuple[str, ...]:
    """Write exports into a folder, all of them or none, with a note on what is for whom.

    Returns
    -------
    tuple
        The names of the files, sorted.

    Raises
    ------
    OutputExistsError
        If `target_folder` may not be replaced. Nothing is changed then.
    """
    check_export_target(target_folder, force=force)
    contents = {README_FILE: _readme(kinds)}
    for kind in sorted(set(kinds)):
        contents.update(EXPORTS[kind].make(source))
    place = target_folder.resolve()

    def may_replace() -> bool:
        return force and is_export_folder(place)

    with whole_folder(place, may_replace=may_replace) as work:
        for name, content in sorted(contents.items()):
            write_file(work / name, content)
    return tuple(sorted(contents))


def check_export_target(target_folder: Path, *, force: bool) -> None:
    """Refuse at once what `write_exports` would refuse to replace.

    Raises
    ------
    OutputExistsError
        If there is anything at `target_folder` but an empty folder, or, with `force`, a folder that
        holds exports and nothing else.
    """
    if not target_folder.exists():
        return
    if target_folder.is_dir() and not any(target_folder.iterdir()):
        return
    if not is_export_folder(target_folder):
        raise OutputExistsError(
            f"{target_folder} existe déjà et contient autre chose que des exports{NBSP}: rien n’y "
            "est remplacé"
        )
    if not force:
        raise OutputExistsError(
            f"{target_folder} contient déjà des exports{NBSP}: --force les remplace"
        )


def is_export_folder(folder: Path) -> bool:
    """Return whether a folder holds exports with their note, and nothing else."""
    if not folder.is_dir():
        return False
    known = {README_FILE, *(name for export in EXPORTS.values() for name in export.files)}
    names = {path.name for path in folder.iterdir()}
    return README_FILE in names and names <= known


def _readme(kinds: Sequence[str]) -> bytes:
    lines = ["Ce que contient ce dossier, et pour qui :", ""]
    for kind in sorted(set(kinds)):
        export = EXPORTS[kind]
        lines.append(f"- {', '.join(export.files)} : {export.audience}")
    lines += ["", "Aucun de ces fichiers ne nomme un agent."]
    if "meta" in kinds:
        lines += ["", NOTE]
    text = "\r\n".join(lines).replace(" :", f"{NBSP}:").replace("« ", f"«{NBSP}")
    return ("\ufeff" + text.replace(" »", f"{NBSP}»") + "\r\n").encode()
