"""Which clients were revoked: a short list that every process asks for again and again."""

from __future__ import annotations

from collections.abc import Callable, Collection
from threading import Event, Thread
from time import time

import httpx
import sqlalchemy as sa
import structlog

from eventkit import metrics
from eventkit.database import Unavailable
from eventkit.logs import crash

_log = structlog.get_logger(component="revocations")
# What a source that is away, or is no registry of ours, can lead to.
_PASSING = (httpx.HTTPError, Unavailable, sa.exc.DBAPIError, ValueError, KeyError, TypeError)
Fetch = Callable[[], Collection[str]]


class Revocations:
    """The last list that came; while none comes, tokens are accepted until they expire."""

    def __init__(self, service: str, fetch: Fetch) -> None:
        self._service = service
        self._fetch = fetch
        self._subjects: frozenset[str] = frozenset()
        # What is older than the process cannot be known.
        self._came()

    def holds(self, subject: str) -> bool:
        return subject in self._subjects

    def refresh(self) -> None:
        """Ask once; a source that is away costs a warning and lets the list grow old."""
        try:
            self._subjects = frozenset(self._fetch())
            self._came()
        except _PASSING as error:
            cause = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
            _log.warning("stale", cause=cause, age_seconds=round(self.age))

    @property
    def age(self) -> float:
        """Seconds since the list came."""
        return time() - self._came_at

    def _came(self) -> None:
        self._came_at = time()
        metrics.REVOCATIONS_CAME.labels(self._service).set(self._came_at)


class Repeated:
    """Calls `step` in a thread of its own, at once and then every so many seconds, until closed.

    Start it after the fork. A step that raises is logged, and the next one comes in its time.
    """

    def __init__(self, name: str, step: Callable[[], None], seconds: float) -> None:
        self._step = step
        self._seconds = seconds
        self._ended = Event()
        self._thread = Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Returns when the thread is over, or five seconds later where a source keeps silent."""
        self._ended.set()
        self._thread.join(5)

    def _run(self) -> None:
        self._try()
        while not self._ended.wait(self._seconds):
            self._try()

    def _try(self) -> None:
        try:
            self._step()
        except Exception as error:
            # Whatever it is: a thread that ends here would hear of no revocation any more.
            _log.error("crashed", step=self._thread.name, **crash(error))
