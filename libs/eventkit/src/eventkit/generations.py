"""The generations of a store: which of its histories an event belongs to (decision 0014)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from eventkit.conflicts import StoreSuspect
from eventkit.store import Connection

_STATE = "SELECT generation, store_suspicion() FROM store_state"
# What is no ancestor of the present generation is another store's future, and none of ours.
_ALL = """
WITH RECURSIVE line AS (
    SELECT generation, parent, forked_at, NULL::bigint AS ended_at
    FROM generations JOIN store_state USING (generation)
    UNION ALL
    SELECT older.generation, older.parent, older.forked_at, line.forked_at
    FROM generations older JOIN line ON older.generation = line.parent
)
SELECT generations.generation, generations.parent, generations.forked_at, started_at,
       CASE WHEN line.generation IS NULL THEN 0 ELSE line.ended_at END
FROM generations LEFT JOIN line USING (generation)
ORDER BY line.ended_at NULLS LAST, line.generation IS NULL, generations.forked_at, started_at
"""


@dataclass(frozen=True)
class Generation:
    """One history of a store. It begins after `forked_at` of its parent's positions.

    Of its own events those up to `ended_at` still stand; all of them where that is None.
    """

    id: UUID
    parent: UUID | None
    forked_at: int
    started_at: datetime
    ended_at: int | None


@dataclass(frozen=True)
class Line:
    """Every generation that is known of one store, and up to where the events of each stand."""

    ends: Mapping[UUID, int | None]

    @property
    def present(self) -> UUID:
        return next(one for one, end in self.ends.items() if end is None)

    def stands(self, generation: UUID, position: int) -> bool:
        """Whether an event of a known generation is still part of the store's history."""
        end = self.ends[generation]
        return end is None or position <= end

    def as_json(self) -> str:
        return orjson.dumps({str(one): end for one, end in self.ends.items()}).decode()


@dataclass(frozen=True)
class State:
    """What a store says of itself; `generations` in their order, the present one among them."""

    generation: UUID
    suspicion: str | None
    generations: Sequence[Generation]

    @property
    def line(self) -> Line:
        return Line({one.id: one.ended_at for one in self.generations})

    def at(self, position: int) -> UUID:
        """The generation in which the event at this position is told to others.

        It is another one than that of its storing where a restored store took events before
        anybody noticed.
        """
        for one in self.generations:
            if one.ended_at is None or position <= one.ended_at:
                return one.id
        return self.generation


class Lineage:
    """Looks at the state of a store; asks for its generations only when there is another one."""

    def __init__(self) -> None:
        self._known: tuple[UUID, list[Generation]] | None = None

    def look(self, raw: Connection) -> State:
        """The state as of now."""
        generation, suspicion = raw.execute(_STATE).fetchall()[0]
        if self._known is None or self._known[0] != generation:
            self._known = generation, generations(raw)
        return State(generation, suspicion, self._known[1])


def generations(raw: Connection) -> list[Generation]:
    """All that this store knows of: its line in order, then those that it has no part in."""
    return [Generation(*row) for row in raw.execute(_ALL)]


def suspect(raw: Connection, generation: UUID, why: str) -> bool:
    """Mark the store if it is in this generation; True for whoever is the first to do so."""
    query = "SELECT suspect_store(%s) FROM store_state WHERE generation = %s"
    return (True,) in raw.execute(query, (why, generation)).fetchall()


def refuse_suspect(raw: Connection) -> None:
    """Raise StoreSuspect where the store is, for those whose work could not be noted in it."""
    suspicion = raw.execute("SELECT store_suspicion()").fetchall()[0][0]
    if suspicion is not None:
        raise StoreSuspect(suspicion)


def last_position(raw: Connection) -> int:
    """The highest position that an event can have by now."""
    return int(raw.execute("SELECT last_value FROM events_position_seq").fetchall()[0][0])
