"""What an entry point may be told, built once and passed down."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of the API: the folder that holds plan folders, and where to listen."""

    plans: Path
    host: str = "127.0.0.1"
    port: int = 8000
