"""What a job gives back: JSON values and plain arrays, nothing that could hold code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_VALUES, _ARRAYS = "values.json", "arrays.npz"


class Refused(Exception):  # noqa: N818 - a value on its way to the log, not an error of ours
    """A job cannot use what it was given: the kind of problem, and what fills its French texts.

    `code` is the value of a `data.read.codes.Code`.
    """

    def __init__(self, code: str, **fields: str) -> None:
        self.code = code
        self.fields = fields
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job found: `values` as JSON has them, `arrays` of numbers."""

    values: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


def write_answer(folder: Path, answer: Answer) -> None:
    """Write an answer into a folder."""
    text = json.dumps(answer.values, ensure_ascii=True, separators=(",", ":"))
    (folder / _VALUES).write_text(text, encoding="ascii")
    with (folder / _ARRAYS).open("wb") as file:
        np.savez(file, allow_pickle=False, **answer.arrays)


def read_answer(folder: Path) -> Answer:
    """Return the answer in a folder.

    Raises
    ------
    ValueError
        If there is none, or it is not one that `write_answer` wrote.
    """
    try:
        values = json.loads((folder / _VALUES).read_bytes())
        with np.load(folder / _ARRAYS, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, RecursionError, EOFError, KeyError) as error:
        raise ValueError("no answer") from error
    if not isinstance(values, dict):
        raise ValueError("an answer is an object")  # noqa: TRY004 - one kind of error for readers
    return Answer(values, arrays)
