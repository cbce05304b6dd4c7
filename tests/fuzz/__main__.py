"""Feed bytes to the readers until one falls over: ``python -m tests.fuzz READER [options]``.

`make fuzz` runs each reader for a minute. The options are libFuzzer's (``-max_total_time=60``).
What it finds is written beside, to be made a test in ``tests/hostile``. GDAL is fed in this very
process, which may crash: that is what the process apart is for.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["data"]):
    from data.gdal import drivers, layers, parquet, texts
    from data.gdal.answer import Refused
    from data.gdal.archive import check_zip, unpack
    from data.gdal.geojson import layer_of
    from data.gdal.heads import check_head
    from data.read.angles import coordinate
    from data.read.cells import CellFault
    from data.read.log import ProblemLog
    from data.read.positions import positions_from
    from data.read.text import decode

SAMPLES = Path(__file__).parents[1] / "hostile" / "samples"


def _geojson(content: bytes) -> None:
    text = decode(content, "f", ProblemLog())
    for shape in ("point", "polygon"):
        if text is not None:
            layer_of(text, shape)


def _layer(suffix: str) -> Callable[[bytes], None]:
    def feed(content: bytes) -> None:
        check_head(suffix, content)
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / f"layer{suffix}"
            path.write_bytes(content)
            job = parquet.read_parquet if suffix == ".parquet" else layers.read_layer
            job(path.parent, {"suffix": suffix, "shape": "polygon", "wanted": "x"})

    return feed


def _texts(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        cells = [content.decode("utf-8", "replace"), content.hex()]
        (Path(name) / texts.FILE).write_text(json.dumps(cells), encoding="utf-8")
        texts.read_texts(Path(name), {"shape": "polygon"})


def _zip(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.zip"
        path.write_bytes(content)
        for entry in check_zip(path)[:20]:
            unpack(path, entry, Path(name) / "out")
            if (Path(name) / "out").stat().st_size > entry.file_size:
                raise AssertionError(entry.filename)


def _coordinate(content: bytes) -> None:
    coordinate(content.decode("utf-8", "replace"))


def _positions(content: bytes) -> None:
    try:
        positions_from(content)
    except ValueError as error:
        int(error.args[0])


READERS: dict[str, Callable[[bytes], None]] = {
    "geojson": _geojson,
    "texts": _texts,
    "zip": _zip,
    "coordinate": _coordinate,
    "positions": _positions,
    **{suffix[1:]: _layer(suffix) for suffix in (".gpkg", ".fgb", ".kml", ".parquet")},
}


def main(arguments: list[str]) -> None:
    """Feed the reader that the first argument names."""
    feed = READERS[arguments[1]]
    suffix = f".{arguments[1]}"
    if suffix in layers.DRIVERS:
        drivers.load_gdal(layers.DRIVERS[suffix])

    def once(content: bytes) -> None:
        try:
            feed(content)
        except (Refused, CellFault):
            return

    corpus = [str(SAMPLES)] if any(SAMPLES.glob(f"*{suffix}")) else []
    with tempfile.TemporaryDirectory() as grown:
        atheris.Setup([arguments[0], *arguments[2:], grown, *corpus], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv)
