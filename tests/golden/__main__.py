"""Write the goldens anew (``python -m tests.golden``); read the difference before committing."""

from __future__ import annotations

from pathlib import Path

from tests.golden.tiny_plan import tiny_outputs

for _name, _content in tiny_outputs().items():
    (Path(__file__).parent / "tiny" / _name).write_bytes(_content)
