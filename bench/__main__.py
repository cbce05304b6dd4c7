"""Run every comparison: ``python -m bench``; each also runs alone, with options of its own."""

from __future__ import annotations

import importlib
from importlib.util import find_spec

QUICK = {
    "bench.matching": [["departement"], ["region", "--peers", "greedy"]],
    "bench.targeting": [["--quick"]],
    "bench.tour": [["--quick"]],
    "bench.doors": [["100000"]],
    "bench.maps": [["2000"]],
}
"""Arguments of each run of each comparison."""


def main() -> None:
    """Print the tables of each comparison."""
    for name, runs in QUICK.items():
        if find_spec(name) is None:
            continue
        comparison = importlib.import_module(name)
        for arguments in runs:
            comparison.main(arguments)


if __name__ == "__main__":
    main()
