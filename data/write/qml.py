"""Styles for QGIS (QML): how each layer of a plan looks when the file is opened."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

_HEADER = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_VERSION = "3.28.0"
_GOLDEN = 0.618033988749895  # steps of hue that never fall together

Properties = dict[str, str]

_SYMBOLS: dict[str, tuple[str, str, Properties]] = {
    "zones": (
        "fill",
        "SimpleFill",
        {"style": "no", "outline_color": "70,70,90,255", "outline_width": "0.3"},
    ),
    "maisons": (
        "marker",
        "SimpleMarker",
        {"name": "square", "color": "30,30,30,255", "outline_color": "white", "size": "3.4"},
    ),
    "faces": (
        "marker",
        "SimpleMarker",
        {"name": "circle", "color": "170,170,170,255", "outline_style": "no", "size": "1.2"},
    ),
    "remarques": (
        "marker",
        "SimpleMarker",
        {"name": "star", "color": "200,40,40,255", "outline_color": "white", "size": "4"},
    ),
    "tour": (
        "line",
        "SimpleLine",
        {"line_color": "60,60,60,255", "line_width": "0.7", "line_style": "dash"},
    ),
}
_LABELS = {"zones": "nom", "maisons": "nom", "remarques": "numero"}


def layer_style(name: str, *, visuals: Sequence[str] = ()) -> str:
    """Return the style of a layer by its name.

    Parameters
    ----------
    visuals
        Ids of the portraits, sorted: each has a colour of its own among the postings.
    """
    root = Element("qgis", version=_VERSION, styleCategories="Symbology|Labeling")
    if name == "postings":
        _by_visual(root, visuals)
    else:
        renderer = SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0")
        kind, layer, properties = _SYMBOLS[name]
        _symbol(SubElement(renderer, "symbols"), "0", kind, layer=layer, properties=properties)
    if name in _LABELS:
        _labels(root, _LABELS[name])
    return _HEADER + tostring(root, encoding="unicode")


def _by_visual(root: Element, visuals: Sequence[str]) -> None:
    renderer = SubElement(
        root, "renderer-v2", type="categorizedSymbol", attr="visuel_ref", symbollevels="0"
    )
    categories = SubElement(renderer, "categories")
    symbols = SubElement(renderer, "symbols")
    for i, visual in enumerate(visuals):
        SubElement(categories, "category", symbol=str(i), value=visual, label=visual, render="true")
        properties = {"name": "circle", "color": _colour(i), "outline_color": "white"}
        size = {"outline_width": "0.2", "size": "2.4"}
        _symbol(symbols, str(i), "marker", layer="SimpleMarker", properties=properties | size)


def _symbol(parent: Element, name: str, kind: str, *, layer: str, properties: Properties) -> None:
    symbol = SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1")
    drawn = SubElement(symbol, "layer", {"class": layer, "enabled": "1", "pass": "0"})
    options = SubElement(drawn, "Option", type="Map")
    for key, value in properties.items():
        SubElement(options, "Option", type="QString", name=key, value=value)
        SubElement(drawn, "prop", k=key, v=value)  # what QGIS before 3.26 reads


def _labels(root: Element, column: str) -> None:
    labeling = SubElement(root, "labeling", type="simple")
    settings = SubElement(labeling, "settings", calloutType="simple")
    SubElement(settings, "text-style", fieldName=column, fontSize="8", textColor="40,40,40,255")


def _colour(number: int) -> str:
    """Return the colour of a visual as QGIS writes it."""
    hue = number * _GOLDEN % 1
    value = 0.85 if number % 2 else 0.65
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, 0.8, value))
    return f"{red},{green},{blue},255"
