"""What the service tells Prometheus: requests by route, and the work that waits in the store.

With several processes the counters lie in files that they share (``PROMETHEUS_MULTIPROC_DIR``,
which `app.service.serve` sets before it starts them).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.service.context import Services
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


class MetricsMiddleware:
    """Counts and times requests by route; the ids in a path are not told."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def counting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, counting)
        finally:
            method = scope["method"] if scope["method"] in METHODS else "other"
            route = route_of(scope)
            _REQUESTS.labels(method, route, str(status)).inc()
            _SECONDS.labels(method, route).observe(time.perf_counter() - started)


def route_of(scope: Scope) -> str:
    """Return the pattern of the path that was asked for (``/plans/{plan_id}``)."""
    return getattr(scope.get("route"), "path", "none")


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
