"""What the service tells Prometheus: requests by route, and the work that waits in the store.

With several processes the counters lie in files that they share (``PROMETHEUS_MULTIPROC_DIR``,
which `app.service.serve` sets before it starts them).
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from app.service.context import Services
from app.service.watching import Seen
from data.store import StoreUnavailableError, counts

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

_REGISTRY = CollectorRegistry()
_REQUESTS = Counter(
    "placarde_requests_total",
    "Requests answered.",
    ("method", "route", "status"),
    registry=_REGISTRY,
)
_SECONDS = Histogram(
    "placarde_request_seconds",
    "Seconds from a request to the end of its answer.",
    ("method", "route"),
    buckets=BUCKETS_S,
    registry=_REGISTRY,
)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def count_request(seen: Seen) -> None:
    """Count and time a request by its route."""
    method = seen.method if seen.method in METHODS else "other"
    _REQUESTS.labels(method, seen.route, str(seen.status)).inc()
    _SECONDS.labels(method, seen.route).observe(seen.seconds)


class _StoreCollector(Collector):
    """Reads from the store what all processes share."""

    def __init__(self, service: Services) -> None:
        self._service = service

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return how many jobs there are by status, and whether the store answers."""
        up = GaugeMetricFamily("placarde_store_up", "Whether the store answers.")
        found = GaugeMetricFamily("placarde_jobs", "Jobs in the store.", labels=["status"])
        try:
            with self._service.store.read() as tx:
                jobs = counts.jobs_by_status(tx)
        except StoreUnavailableError:
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        for status, count in sorted(jobs.items()):
            found.add_metric([status], count)
        yield from (up, found)


def exposition(service: Services) -> bytes:
    """Return all metrics in the text format of Prometheus."""
    own = CollectorRegistry()
    if os.environ.get(FOLDER_VARIABLE):
        MultiProcessCollector(own)  # type: ignore[no-untyped-call]  # it has no annotations
    stored = CollectorRegistry()
    stored.register(_StoreCollector(service))
    counters = own if os.environ.get(FOLDER_VARIABLE) else _REGISTRY
    return generate_latest(counters) + generate_latest(stored)
