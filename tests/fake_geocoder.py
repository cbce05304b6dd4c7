"""A geocoder on this machine that answers as addok does, from a table of addresses."""

from __future__ import annotations

import csv
import email.parser
import email.policy
import http.server
import io
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from data.read.addresses import Position

TYPES = {"commune": "municipality"}


@dataclass
class FakeGeocoder:
    """What it knows by ``adresse``, what it was asked, and what it answers first instead."""

    known: Mapping[str, Position]
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    fields: list[dict[str, list[str]]] = field(default_factory=list)
    first: list[int | bytes] = field(default_factory=list)

    def answer(self, content_type: str, body: bytes) -> bytes:
        fields = _multipart(content_type, body)
        rows = list(csv.DictReader(io.StringIO(fields.pop("data")[0], newline="")))
        self.asked += rows
        self.fields.append(fields)
        names = ("latitude", "longitude", "result_label", "result_score", "result_type")
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow((*rows[0], *names, "result_status"))
        for row in rows:
            found = self.known.get(row["adresse"])
            if found is None:
                writer.writerow((*row.values(), "", "", "", "", "", "not-found"))
                continue
            kind = TYPES.get(found.precision, found.precision)
            place = (found.lat, found.lng, found.label, found.score, kind)
            writer.writerow((*row.values(), *place, "ok"))
        return text.getvalue().encode()


def _multipart(content_type: str, body: bytes) -> dict[str, list[str]]:
    head = f"Content-Type: {content_type}\r\nMIME-Version: 1.0\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.default).parsebytes(head + body)
    fields: dict[str, list[str]] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content: Any = part.get_payload(decode=True)
        fields.setdefault(str(name), []).append(content.decode())
    return fields


@contextmanager
def fake_geocoder(known: Mapping[str, Position]) -> Iterator[FakeGeocoder]:
    """Serve a fake geocoder while the block lasts."""
    fake = FakeGeocoder(known)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            first = fake.first.pop(0) if fake.first else 200
            if isinstance(first, int) and first != 200:
                self.send_response(first)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                return
            right = self.path == "/geocodage/search/csv"
            answer = first if isinstance(first, bytes) else b""
            answer = answer or (fake.answer(self.headers["Content-Type"], body) if right else b"")
            self.send_response(200 if right else 404)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        fake.url = f"http://127.0.0.1:{server.server_address[1]}/geocodage"
        yield fake
        server.shutdown()
