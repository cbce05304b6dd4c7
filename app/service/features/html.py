"""The same documents as pages to read: plain HTML, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:75rem;margin:0 auto;padding:1rem;"
    "color:#1b1b1b;background:#fff}a{color:#0b4f9e}a:focus-visible{outline:3px solid #0b4f9e}"
    "table{border-collapse:collapse}caption{text-align:left;font-weight:bold}"
    "th,td{border:1px solid #767676;padding:.25rem .5rem;text-align:left;vertical-align:top}"
    "th{background:#eef2f7}dt{font-weight:bold;margin-top:.5rem}dd{margin-left:1.5rem}"
    ".wide{overflow-x:auto}nav li{display:inline-block;margin-right:1rem}nav ul{padding:0}"
)
_LONGEST_SHAPE = 120


def content_security_policy() -> str:
    """Return the policy of the pages: their own style, known by its hash, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def page(document: Mapping[str, Any], *, title: str, trail: Sequence[tuple[str, str]]) -> str:
    """Return a document as a page: all that it says, its links as links.

    Parameters
    ----------
    trail
        The pages above this one, as addresses and titles.
    """
    above = "".join(f'<li><a href="{escape(href)}">{escape(name)}</a></li>' for href, name in trail)
    body = _features(document) if "features" in document else _value(document)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head>\n<body>"
        f'<nav aria-label="Pages above"><ul>{above}</ul></nav>\n'
        f"<main><h1>{escape(title)}</h1>\n{body}</main></body></html>\n"
    )


def _features(document: Mapping[str, Any]) -> str:
    """Return a page of features: its links, the counts, and a table, a row a feature."""
    features = document["features"]
    links = document["links"]
    around = {k: v for k, v in document.items() if k not in {"features", "links", "type"}}
    itself = next(link["href"] for link in links if link["rel"] == "collection")
    names = list(features[0]["properties"]) if features else []
    heading = "".join(f'<th scope="col">{escape(name)}</th>' for name in ["id", *names, "geometry"])
    rows = "\n".join(_row(feature, names, itself) for feature in features)
    return (
        f'{_value(around)}{_links(links)}<div class="wide" tabindex="0" role="region" '
        f'aria-label="Features"><table><caption>Features</caption><thead><tr>{heading}</tr></thead>'
        f"<tbody>\n{rows}</tbody></table></div>{_links(_paging(links))}"
    )


def _paging(links: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    return [link for link in links if link["rel"] == "next"]


def _row(feature: Mapping[str, Any], names: Sequence[str], collection: str) -> str:
    address = feature_address(collection, feature["id"])
    cells = "".join(f"<td>{_scalar(feature['properties'].get(name))}</td>" for name in names)
    name = f'<th scope="row"><a href="{escape(address)}">{escape(feature["id"])}</a></th>'
    return f"<tr>{name}{cells}<td>{escape(_shape(feature['geometry']))}</td></tr>"


def feature_address(collection: str, feature_id: str) -> str:
    """Return the address of a feature, from that of its collection."""
    path, _, query = collection.partition("?")
    return f"{path}/items/{quote(feature_id, safe='')}" + (f"?{query}" if query else "")


def _shape(geometry: Mapping[str, Any] | None) -> str:
    if geometry is None:
        return ""
    text = f"{geometry['type']} {geometry['coordinates']}"
    return text if len(text) <= _LONGEST_SHAPE else f"{text[:_LONGEST_SHAPE]}…"


def _value(value: Any) -> str:  # noqa: ANN401 -- anything that JSON holds
    if isinstance(value, Mapping):
        links = value.get("links")
        to_follow = _links(links) if isinstance(links, list) else ""
        items = "".join(
            f"<dt>{escape(str(name))}</dt><dd>{_value(held)}</dd>"
            for name, held in value.items()
            if name != "links" or not to_follow
        )
        return f"{to_follow}<dl>{items}</dl>" if items else to_follow
    if isinstance(value, list):
        if all(not isinstance(held, Mapping | list) for held in value):
            return escape(", ".join(map(str, value)))
        return f"<ul>{''.join(f'<li>{_value(held)}</li>' for held in value)}</ul>"
    return _scalar(value)


def _scalar(value: Any) -> str:  # noqa: ANN401 -- anything that JSON holds
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))


def _links(links: Iterable[Mapping[str, str]]) -> str:
    items = "".join(
        f'<li><a href="{escape(link["href"])}" rel="{escape(link["rel"])}">'
        f"{escape(link.get('title') or link['rel'])}</a> ({escape(link['rel'])}, "
        f"{escape(link.get('type', ''))})</li>"
        for link in links
    )
    return f"<ul>{items}</ul>" if items else ""
