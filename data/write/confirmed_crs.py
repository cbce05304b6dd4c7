"""``campaign.toml`` with what the planner said beside it, so that its copy reads as it was read."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping

from data.write.campaign_copy import toml_text

_FILES = re.compile(r"^[ \t]*\[[ \t]*files[ \t]*\][^\n]*\n?", re.MULTILINE)


def with_confirmed_crs(content: bytes, confirmed: Mapping[str, str]) -> bytes:
    """Return ``campaign.toml`` with the CRS of some files, by their keys, set in ``[files]``.

    Its other lines stay as they are, unless there is no line ``[files]`` (``files = {…}``): then
    it is written anew. Nothing changes where nothing was confirmed.
    """
    if not confirmed:
        return content
    text = content.decode("utf-8-sig")
    header = _FILES.search(text)
    if header is None:
        document = tomllib.loads(text)
        document["files"] |= {f"{kind}_crs": confirmed[kind] for kind in sorted(confirmed)}
        return toml_text(document).encode()
    above, below = text[: header.end()], text[header.end() :]
    section, bracket, rest = below.partition("\n[")
    for kind in confirmed:
        section = re.sub(rf"^[ \t]*{kind}_crs[ \t]*=[^\n]*\n?", "", section, flags=re.MULTILINE)
    lines = [f"{kind}_crs = {json.dumps(confirmed[kind])}  # --crs\n" for kind in sorted(confirmed)]
    gap = "" if above.endswith("\n") else "\n"
    return f"{above}{gap}{''.join(lines)}{section}{bracket}{rest}".encode()
