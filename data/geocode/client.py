"""A geocoder that speaks addok's bulk API: a CSV of addresses goes up, the same with points back.

The IGN's Géoplateforme does (https://data.geopf.fr/geocodage), and so does one's own addok.
"""

from __future__ import annotations

import csv
import io
import math
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import urllib3
from urllib3.util import Retry, Timeout

from data.read.addresses import Address, Position
from geo.crs import DECIMALS
from geo.errors import GeocoderError
from geo.french import NBSP

PATH = "/search/csv"
BATCH = 1000
_MOST_BYTES = 64 << 20
_BUSY = (429, 500, 502, 503, 504)
_PRECISIONS = {
    "housenumber": "housenumber",
    "street": "street",
    "locality": "locality",
    "municipality": "commune",
}
_NEEDED = frozenset({"numero", "latitude", "longitude", "result_score", "result_type"})
_FOUND = frozenset({"ok", ""})


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a geocoder is waited for; waits between tries grow from `backoff_s` on."""

    connect_s: float = 5.0
    read_s: float = 120.0
    retries: int = 4
    backoff_s: float = 0.5
    most_wait_s: int = 30


@dataclass(frozen=True, slots=True)
class Geocoder:
    """A geocoder at one address (``https://data.geopf.fr/geocodage``).

    Redirections are not followed: where addresses are sent is a decision.
    """

    url: str
    patience: Patience = field(default_factory=Patience)

    @property
    def host(self) -> str:
        """Return the host, for people."""
        return urllib.parse.urlsplit(self.url).netloc

    def find(
        self, addresses: Sequence[Address], *, progress: Callable[[int], None]
    ) -> dict[Address, Position]:
        """Return the places of those addresses that were found.

        Parameters
        ----------
        progress
            Told after each batch how many addresses were asked so far.

        Raises
        ------
        GeocoderError
            If there is no answer in time, or it is none that a geocoder gives.
        """
        found: dict[Address, Position] = {}
        with urllib3.PoolManager(num_pools=1, headers={"User-Agent": "Placarde"}) as pool:
            for start in range(0, len(addresses), BATCH):
                batch = addresses[start : start + BATCH]
                answer = self._ask(pool, batch)
                for number, position in self._positions(answer):
                    if not 0 <= number < len(batch):
                        raise self._trouble("répond à des adresses que personne n’a demandées")
                    found[batch[number]] = position
                progress(start + len(batch))
        return found

    def _ask(self, pool: urllib3.PoolManager, batch: Sequence[Address]) -> str:
        fields: list[tuple[str, str | tuple[str, str, str]]] = [
            ("data", ("adresses.csv", _as_csv(batch), "text/csv")),
            ("columns", "adresse"),
            ("columns", "commune"),
            ("postcode", "code_postal"),
            ("citycode", "code_insee"),
        ]
        try:
            response = pool.request(
                "POST",
                f"{self.url.rstrip('/')}{PATH}",
                fields=fields,
                timeout=Timeout(connect=self.patience.connect_s, read=self.patience.read_s),
                retries=self._retries(),
                redirect=False,
                preload_content=False,
            )
            try:
                return self._content(response)
            finally:
                response.close()
        except urllib3.exceptions.HTTPError as error:
            raise self._trouble("ne répond pas") from error

    def _retries(self) -> Retry:
        return Retry(
            total=self.patience.retries,
            redirect=0,
            allowed_methods=None,  # asking again changes nothing
            status_forcelist=_BUSY,
            backoff_factor=self.patience.backoff_s,
            backoff_max=self.patience.most_wait_s,
            retry_after_max=self.patience.most_wait_s,
            raise_on_status=False,
        )

    def _content(self, response: urllib3.BaseHTTPResponse) -> str:
        if response.status != 200:
            raise self._trouble(f"refuse la question (HTTP {response.status})")
        content = bytearray()
        for piece in response.stream(1 << 16):
            content += piece
            if len(content) > _MOST_BYTES:
                raise self._trouble(f"répond plus de {_MOST_BYTES >> 20} Mo")
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise self._trouble("ne répond pas en UTF-8") from error

    def _positions(self, answer: str) -> Iterator[tuple[int, Position]]:
        rows = csv.DictReader(io.StringIO(answer, newline=""))
        try:
            for row in rows if set(rows.fieldnames or ()) >= _NEEDED else [{}]:
                if (row.get("result_status") or "") not in _FOUND or not row["latitude"]:
                    continue
                if (kind := row.get("result_type") or "") in _PRECISIONS:
                    yield int(row["numero"]), self._position(row, _PRECISIONS[kind])
        except (KeyError, ValueError, TypeError, csv.Error) as error:
            raise self._trouble("ne répond pas comme un géocodeur (addok)") from error

    def _position(self, row: Mapping[str, str], precision: str) -> Position:
        lng, lat, score = (float(row[name]) for name in ("longitude", "latitude", "result_score"))
        if not (abs(lng) <= 180 and abs(lat) <= 90 and math.isfinite(score)):
            raise ValueError(row)
        label = row.get("result_label") or ""
        return Position(
            round(lng, DECIMALS), round(lat, DECIMALS), precision, self.host, score, label
        )

    def _trouble(self, what: str) -> GeocoderError:
        return GeocoderError(
            f"Le géocodeur {self.host} {what}. Vérifiez PLACARDE_GEOCODER et la "
            f"connexion{NBSP}; sans géocodeur, une adresse est placée au centre de "
            "sa commune, et marquée comme telle."
        )


def _as_csv(batch: Sequence[Address]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("numero", "adresse", "code_postal", "commune", "code_insee"))
    for number, address in enumerate(batch):
        writer.writerow((number, *map(_one_line, address)))
    return text.getvalue()


def _one_line(text: str) -> str:
    return " ".join(text.split())
