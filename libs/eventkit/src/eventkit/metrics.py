"""What operators are told in numbers. Every process writes to files that one of them adds up.

An instrument made at import must have labels: its values are made when they are first used,
after the process knows where they belong.
"""

from __future__ import annotations

import os
import platform
import shutil
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from time import sleep

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from eventkit.kept_counts import keep

# A further source of numbers: asked at every scrape, in the process that answers it.
Source = Callable[[], Iterable[Metric]]
# Held while files are read or added up; by one process alone, the parent of all that write them.
_READING = Lock()
# A file is empty for a moment after it was made, and then nothing can be read.
_TRIES, _PAUSE = 20, 0.05
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

REQUESTS = Counter(
    "http_requests",
    "Answered requests by route template.",
    ["service", "method", "route", "status"],
)
REQUEST_SECONDS = Histogram(
    "http_request_seconds",
    "Time from the request's first line to its answer.",
    ["service", "method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
DEPRECATED = Counter(
    "requests_deprecated",
    "Requests to a route, or with a query parameter, that will go.",
    ["service", "route", "parameter"],
)
RATE_LIMITED = Counter(
    "requests_rate_limited", "Requests refused by a rate limit.", ["service", "limit"]
)
# A time and no age: an age stands still with the thread that would have to tell it.
REVOCATIONS_CAME = Gauge(
    "revocation_list_timestamp_seconds",
    "When a process last heard which clients were revoked, in Unix time; the oldest list counts.",
    ["service"],
    multiprocess_mode="livemin",
)
HEADS_WRITTEN = Gauge(
    "heads_export_timestamp_seconds",
    "When the file of heads was last known to be complete, or last grew before, in Unix time.",
    ["service"],
    multiprocess_mode="livemax",
)
LEASES = Counter(
    "lease_requests",
    "Requests for the right to relay or to consume: granted to one process, denied to the others.",
    ["table", "name", "outcome"],
)
# Also where there was nothing to do; a loop that waits for what is away, or hangs, stands still.
LOOPED = Gauge(
    "loop_success_timestamp_seconds",
    "When a loop last finished a step, or began, in Unix time.",
    ["loop"],
    multiprocess_mode="livemax",
)
UNAVAILABLE = Counter(
    "database_unavailable",
    "Work given up: no connection was free, no server there, or it ended what took too long.",
    ["cause"],
)
APPENDED = Counter("events_appended", "Stored events by type.", ["service", "type"])


def known_method(method: str) -> str:
    """The method, where it is one; callers may make up others without end."""
    return method if method in _METHODS else "other"


def share(folder: Path) -> None:
    """Let this process and its children write to one folder, which is emptied first.

    Call it once, before any instrument is used and before any fork.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]  # as below


def forget(pid: int, folder: Path) -> None:
    """A child ended: its live gauges go, its counts stay."""
    with _READING:
        mark_process_dead(pid, path=str(folder))  # type: ignore[no-untyped-call]  # published so
        keep(pid, folder)


def observe(service: str, method: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. `route` is a template, never what was asked for."""
    known = known_method(method)
    _requests(service, known, route, status).inc()
    _seconds(service, known, route).observe(seconds)


def deprecated(service: str, route: str, parameter: str) -> None:
    """Count one request that uses what will go; without a parameter it is the route itself."""
    DEPRECATED.labels(service, route, parameter).inc()


def counts_limit(service: str, limit: str) -> None:
    """Let the count of a limit exist before it refuses anybody, so that its first step is seen."""
    RATE_LIMITED.labels(service, limit)


def counts_unavailable() -> None:
    """The same of databases that are away."""
    for cause in ("pool", "server", "statement"):
        UNAVAILABLE.labels(cause)


def rate_limited(service: str, limit: str) -> None:
    """Count one request that the limit of this name refused."""
    RATE_LIMITED.labels(service, limit).inc()


def asked_for_lease(table: str, name: str, *, granted: bool) -> None:
    """Count one request for a lease, also those that renew it."""
    LEASES.labels(table, name, "granted" if granted else "denied").inc()


def looped(loop: str) -> None:
    """Note that a loop works."""
    _looped(loop).set_to_current_time()


def unavailable(cause: str) -> None:
    """Count that a caller got nothing of a database: `pool`, `server` or `statement`."""
    UNAVAILABLE.labels(cause).inc()


def appended(service: str, wire: str) -> None:
    """Count one stored event."""
    _appended(service, wire).inc()


class Exposition:
    """The text at /metrics: what all processes counted, and gauges that are asked for now."""

    def __init__(self, service: str, version: str, folder: Path, sources: Iterable[Source]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Counted(folder))
        self._registry.register(_Asked([lambda: [_build_info(service, version)], *sources]))

    def text(self) -> bytes:
        """Waits for a process that makes a file just now, for as long as that may take."""
        return prometheus_client.generate_latest(self._registry)


class _Counted(Collector):
    """What stands in the files; databases are asked elsewhere, and keep nobody from the files."""

    def __init__(self, folder: Path) -> None:
        self._files = MultiProcessCollector(None, str(folder))  # type: ignore[no-untyped-call]  # as above

    def describe(self) -> Iterable[Metric]:
        """Nothing yet: no file is read before somebody asks."""
        return []

    def collect(self) -> Iterable[Metric]:
        for _ in range(_TRIES):
            with suppress(struct.error):
                return self._added_up()
            sleep(_PAUSE)
        return self._added_up()

    def _added_up(self) -> list[Metric]:
        with _READING:
            return list(self._files.collect())  # type: ignore[no-untyped-call]  # as above


class _Asked(Collector):
    def __init__(self, sources: Iterable[Source]) -> None:
        self._sources = tuple(sources)

    def describe(self) -> Iterable[Metric]:
        """Nothing yet: registering must not ask a database."""
        return []

    def collect(self) -> Iterable[Metric]:
        for ask in self._sources:
            yield from ask()


def _build_info(service: str, version: str) -> Metric:
    info = GaugeMetricFamily(
        "build_info", "What runs here; always 1.", labels=["service", "version", "python"]
    )
    info.add_metric([service, version, platform.python_version()], 1)
    return info


# Looking a child up by its labels costs more than counting; label sets are few and stay.
@cache
def _requests(service: str, method: str, route: str, status: int) -> Counter:
    return REQUESTS.labels(service, method, route, str(status))


@cache
def _seconds(service: str, method: str, route: str) -> Histogram:
    return REQUEST_SECONDS.labels(service, method, route)


@cache
def _looped(loop: str) -> Gauge:
    return LOOPED.labels(loop)


@cache
def _appended(service: str, wire: str) -> Counter:
    return APPENDED.labels(service, wire)
