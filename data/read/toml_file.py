"""A TOML file, and on which line each of its keys stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.read.codes import Code
from data.read.log import ProblemLog
from data.read.text import decode
from geo.errors import Where

_HEADER = re.compile(r"\s*\[\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"\s*(\"[^\"]*\"|'[^']*'|[\w.-]+)\s*=")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class TomlFile:
    """The content of a file, and the line of each dotted key that could be found."""

    file: str
    content: Mapping[str, Any]
    lines: Mapping[str, int]

    def where(self, key: str) -> Where:
        """Return the place of a dotted key (``tour.end``), line 0 where it is not written."""
        return Where(self.file, self.lines.get(key, 0), key)


def parse_toml(content: bytes, file: str, log: ProblemLog) -> TomlFile | None:
    """Return a TOML file, or None where its text or syntax is broken, which is noted."""
    text = decode(content, file, log)
    if text is None:
        return None
    try:
        return TomlFile(file, tomllib.loads(text), _lines_of_keys(text))
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        place = _PLACE.search(str(error))
        lines = text.split("\n")
        line, column = (int(place[1]), int(place[2])) if place else (len(lines), 1)
        found = lines[min(line, len(lines)) - 1].strip()
        log.add(Code.TOML_SYNTAX, Where(file, line), found=found, line=line, column=column)
        return None


def _lines_of_keys(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            section = _unquoted(header[1])
            lines.setdefault(section, number)
        elif key := _KEY.match(line):
            name = _unquoted(key[1])
            lines.setdefault(f"{section}.{name}" if section else name, number)
    return lines


def _unquoted(name: str) -> str:
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'" else name
