"""Asks a geocoder for the addresses of a campaign, and keeps what it found beside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data.geocode.client import Geocoder, Patience
from data.read.asked import asked_addresses
from data.read.folder import is_relative_name
from data.read.positions import positions_csv
from geo.errors import CampaignError, GeocoderError, errors_among
from geo.french import NBSP, counted
from geo.precision import in_french

NOT_FOUND = "introuvable"

_SERVER = re.compile(r"https?://[^/?#@\s]+(/[^?#\s]*)?")


@dataclass(frozen=True, slots=True)
class Geocoded:
    """What came of asking: the file, how many addresses were asked, and what is known of all."""

    file: str
    host: str
    asked: int
    by_precision: dict[str, int]


def geocode_campaign(
    folder: Path,
    *,
    server: str,
    again: bool,
    progress: Callable[[str], None],
    patience: Patience | None = None,
) -> Geocoded:
    """Find the addresses of a campaign that have no coordinates, and write down where they are.

    Parameters
    ----------
    server
        The address of the geocoder, such as ``https://data.geopf.fr/geocodage``.
    again
        Ask for those too that are known by now.

    Raises
    ------
    CampaignError
        If files of the campaign cannot be read.
    GeocoderError
        If the campaign has no ``[geocoder]``, or the server is none or does not answer. Nothing is
        written then.
    """
    asked = asked_addresses(folder)
    if errors := errors_among(asked.problems):
        raise CampaignError(errors)
    settings = asked.geocoder
    if settings is None or not is_relative_name(settings.file):
        raise GeocoderError(
            "Ajoutez une section [geocoder], même vide, à campaign.toml : ses adresses seront "
            "alors envoyées au géocodeur. Son chemin file, s’il y est, doit être relatif."
        )
    if not _SERVER.fullmatch(server):
        raise GeocoderError(
            f"PLACARDE_GEOCODER{NBSP}: {server!r} n’est pas l’adresse d’un géocodeur, "
            "telle que https://data.geopf.fr/geocodage."
        )
    by_key = {address.key: position for address, position in asked.known.items()}
    new = [each for each in asked.wanted if again or each.key not in by_key]
    geocoder = Geocoder(server, patience or Patience())
    progress(f"Géocodeur {geocoder.host} : {len(new)} adresses…")
    found = geocoder.find(new, progress=lambda n: progress(f"  {n} sur {len(new)}"))
    now = set(new)
    positions = {
        each: found.get(each) if each in now else by_key[each.key] for each in asked.wanted
    }
    _replace(folder / settings.file, positions_csv(positions))
    kinds = Counter(p.precision if p else NOT_FOUND for p in positions.values())
    return Geocoded(settings.file, geocoder.host, len(new), dict(sorted(kinds.items())))


def _replace(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def geocoded_lines(geocoded: Geocoded) -> list[str]:
    """Return what a geocoder found, and where that is kept."""
    total = sum(geocoded.by_precision.values())
    kinds = [f"{in_french(kind)}{NBSP}: {count}" for kind, count in geocoded.by_precision.items()]
    asked = counted(geocoded.asked, "adresse demandée", "adresses demandées")
    return [
        f"{asked} à {geocoded.host}.",
        f"{geocoded.file}{NBSP}: {counted(total, 'adresse', 'adresses')} ({', '.join(kinds)}).",
    ]
