"""A Shapefile in a campaign folder: one layer that is several files beside each other."""

from __future__ import annotations

from pathlib import PurePosixPath

from data.gdal.layers import BESIDE_SHP
from data.read.codes import Code
from data.read.folder import LAYER_LIMIT, Folder
from data.read.log import ProblemLog
from geo.errors import Where

SUFFIX = ".shp"


def find_shapefile(
    folder: Folder, name: str, *, wanted: str, asked_at: Where, log: ProblemLog
) -> str | None:
    """Return the name of the one ``.shp`` in a folder of the campaign, or one folder below it.

    Of several, the one named `wanted`. None where that is noted as a problem.
    """
    below = [under for under in folder.names(name) if folder.is_folder(under)]
    names = [each for place in (name, *below) for each in folder.names(place)]
    found = [each for each in names if PurePosixPath(each).suffix.casefold() == SUFFIX]
    chosen = [each for each in found if PurePosixPath(each).stem.casefold() == wanted]
    chosen = found if len(found) == 1 else chosen
    if len(chosen) == 1:
        if others := [PurePosixPath(each).name for each in found if each != chosen[0]]:
            layer = PurePosixPath(chosen[0]).name
            log.add(Code.LAYER_CHOSEN, Where(name), layer=layer, others=", ".join(others))
        return chosen[0]
    if found:
        layers = ", ".join(PurePosixPath(each).name for each in found)
        log.add(Code.SEVERAL_LAYERS, Where(name), layers=layers, wanted=wanted)
    else:
        path = f"{name}/*.shp"
        log.add(Code.MISSING_FILE, asked_at, found=name, path=path, hint="")
    return None


def read_shapefile(folder: Folder, name: str, *, asked_at: Where) -> dict[str, bytes] | None:
    """Return the files of a Shapefile by suffix, the ``.shp`` first, or None.

    Those beside it have its stem, whatever their case. The system's refusals are noted.
    """
    content = folder.read(name, limit=LAYER_LIMIT, asked_at=asked_at)
    if content is None:
        return None
    files = {SUFFIX: content}
    path = PurePosixPath(name)
    parent = "" if path.parent == PurePosixPath(".") else str(path.parent)
    for each in folder.names(parent):
        beside = PurePosixPath(each)
        suffix = beside.suffix.casefold()
        if suffix in BESIDE_SHP and beside.stem.casefold() == path.stem.casefold():
            more = folder.read(each, limit=LAYER_LIMIT, asked_at=asked_at)
            if more is None:
                return None
            files.setdefault(suffix, more)
    return files
