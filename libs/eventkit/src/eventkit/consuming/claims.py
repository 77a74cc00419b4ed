"""What a consumer has in flight, committed beforehand: who dies over it leaves the claim behind.

A claim that somebody else left behind is counted as a failure of its event (decision 0015).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Literal
from uuid import UUID

import psycopg
import sqlalchemy as sa

from eventkit.database import Unavailable, driver, session
from eventkit.store import Connection

# Stands for a whole batch, of which nobody can say which event it was.
BATCH = UUID(int=0)
# The database is well where a small write took no longer.
PROMPT_SECONDS = 1.0

_TAKE = (
    "INSERT INTO claims (source, event_id) VALUES (%(source)s, %(event)s)"
    " ON CONFLICT (source, event_id) DO UPDATE SET"
    " failures = claims.failures + (%(failed)s::text IS NOT NULL)::int,"
    " reason = coalesce(%(failed)s, claims.reason),"
    " claimed_at = clock_timestamp() RETURNING failures, reason"
)
_TOUCH = "UPDATE claims SET claimed_at = clock_timestamp() WHERE source = %s AND event_id = %s"
_LEFT = "SELECT EXISTS (SELECT FROM claims WHERE source = %s)"
_SETTLE = "DELETE FROM claims WHERE source = %s AND event_id = ANY(%s)"
# Whoever claims them next counts a failure more, so one goes that was none.
_GIVE_BACK = (
    "WITH gone AS (DELETE FROM claims WHERE source = %(source)s AND event_id = ANY(%(events)s)"
    " AND failures = 0)"
    " UPDATE claims SET failures = failures - 1"
    " WHERE source = %(source)s AND event_id = ANY(%(events)s) AND failures > 0"
)
# The consumers of a process die together: while one of them looks for the event that kills, no
# other has a suspect in flight, which would be counted for it.
_alone = Lock()


@dataclass(frozen=True)
class Claim:
    """How often handling this event alone has failed before, and how it did the last time."""

    failures: int
    reason: Literal["crash", "timeout"]

    @property
    def detail(self) -> str:
        """The same for operators."""
        how = "ran into the statement timeout" if self.reason == "timeout" else "ended its process"
        return f"handling it alone {how}, {self.failures} times in all"


class Claims:
    """The claims of one consumer. Claims of its own that are still open say nothing: it lives."""

    def __init__(self, engine: sa.Engine, source: str) -> None:
        self._engine = engine
        self._source = source
        self._open: set[UUID] = set()
        self._late: set[UUID] = set()

    def take(self, event_id: UUID = BATCH) -> Claim:
        """Say, and commit, that this is in flight from now on."""
        failed = None if event_id in self._open or event_id == BATCH else "crash"
        if event_id in self._late:
            failed = "timeout"
        values = {"source": self._source, "event": event_id, "failed": failed}
        with session(self._engine) as connection:
            row = driver(connection).execute(_TAKE, values).fetchone()
        self._open.add(event_id)
        self._late.discard(event_id)
        return Claim(*row) if row else Claim(0, "crash")

    def timed_out(self, event_id: UUID) -> bool:
        """Count a statement timeout, at the next try; False where the database is slow in all."""
        asked = monotonic()
        with session(self._engine) as connection:
            driver(connection).execute(_TOUCH, (self._source, event_id))
        is_prompt = monotonic() - asked <= PROMPT_SECONDS
        if is_prompt:
            self._late.add(event_id)
        return is_prompt

    def were_left(self, raw: Connection) -> bool:
        """Whether something was in flight when somebody stopped."""
        row = raw.execute(_LEFT, (self._source,)).fetchone()
        return bool(row and row[0])

    def are_open(self) -> bool:
        """Whether something of ours is in flight still."""
        return bool(self._open)

    def give_back(self, raw: Connection) -> None:
        """The consumer ends in good order, under its lease: nothing that was in flight failed.

        What ran into the timeout stays, to be counted at its next try.
        """
        given = list(self._open - self._late)
        raw.execute(_GIVE_BACK, {"source": self._source, "events": given})
        self._open.difference_update(given)

    def disown(self) -> None:
        """Another one held the lease meanwhile: what was in flight may be that one's by now."""
        self._open.clear()
        self._late.clear()

    def settled(self, event_ids: Sequence[UUID]) -> None:
        """To be called when the transaction of `settle` was committed."""
        self._open.difference_update(event_ids)
        self._late.difference_update(event_ids)


def settle(raw: Connection, source: str, event_ids: Sequence[UUID]) -> None:
    """Take claims back in the transaction that keeps the effects."""
    if event_ids:
        raw.execute(_SETTLE, (source, list(event_ids)))


@contextmanager
def alone() -> Iterator[None]:
    """No other consumer of this process has a suspect in flight during the block."""
    with _alone:
        yield


def ran_into_timeout(error: Unavailable) -> bool:
    """Whether a statement was cancelled for its length: the one fault of these that may be ours."""
    cause = error.__cause__
    cause = cause.orig if isinstance(cause, sa.exc.DBAPIError) else cause
    return isinstance(cause, psycopg.errors.QueryCanceled)
