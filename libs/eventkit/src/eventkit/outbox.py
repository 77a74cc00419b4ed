"""The service's published events as others may read them: pages by position, and one stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import LiteralString
from uuid import UUID

from psycopg import sql

from contracts.catalog import event_types
from contracts.envelope import Message
from contracts.visibility import Ear
from eventkit.cursors import Cursor
from eventkit.database import driver, session
from eventkit.generations import Lineage, State, last_position, suspect
from eventkit.publication import is_known, messages
from eventkit.store import COLUMNS, Connection
from eventkit.stored import Stored
from eventkit.unit import Kit

# What no one can append any more at or below, and the last event there; in this order, and in
# statements of their own (decision 0002).
_READABLE = "SELECT readable_position()"
_HEAD = "SELECT coalesce(max(position), 0) FROM events WHERE position <= %s"
_PAGE = "SELECT {columns} FROM events WHERE {conditions} ORDER BY position LIMIT {limit}"
_STREAM = "SELECT {columns} FROM events WHERE {conditions} ORDER BY version LIMIT {limit}"
_POSITION = "SELECT position FROM events WHERE {conditions}"
_PARTY = "(data #>> '{{party,kind}}') || ' ' || (data #>> '{{party,key}}') = ANY({}::text[])"


class UnknownCursor(ValueError):
    """No place in this service's feed, or one that its store does not have."""


class Ahead(UnknownCursor):
    """The cursor is of the present generation, and beyond all that this store ever placed."""


class Superseded(Exception):
    """The cursor is of an earlier generation of this store; `restart` is where to go on."""

    def __init__(self, restart: Cursor) -> None:
        super().__init__(str(restart))
        self.restart = restart


@dataclass(frozen=True, kw_only=True)
class Filters:
    """Which events a reader wants, and hears; empty means all; `types` are contracts.filters."""

    types: tuple[str, ...] = ()
    subject: str | None = None
    ear: Ear | None = None


@dataclass(frozen=True)
class Page:
    """Messages in order, the position up to which all were seen, and the last one there is."""

    messages: tuple[Message, ...]
    seen: int
    head: int


class Outbox:
    """Reads for one service; `source` is its absolute URI. Safe across threads."""

    def __init__(self, kit: Kit, source: str) -> None:
        self._kit = kit
        self._source = source
        self._lineage = Lineage()

    def after(self, cursor: Cursor | UUID | None, ear: Ear | None = None) -> int:
        """The position that a cursor names; raises UnknownCursor, Ahead or Superseded.

        The id of an event that the reader does not hear is as unknown as any other.
        """
        if cursor is None:
            return 0
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            if isinstance(cursor, UUID):
                conditions = [sql.SQL("event_id = {}").format(cursor), *_heard(ear)]
                query = sql.SQL(_POSITION).format(conditions=sql.SQL(" AND ").join(conditions))
                row = raw.execute(query).fetchone()
                if row is None:
                    raise UnknownCursor
                # One stream's events are shown before all that stands below them can be read.
                return min(int(row[0]), _head(raw))
            return self._check(raw, cursor)

    def page(self, after: int, limit: int, filters: Filters) -> Page:
        """The next published events that pass the filters, none of which can appear later.

        Raises Ahead where another store is now behind the name of the one that was read before.
        """
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            state, head = self._look(raw), _head(raw)
            if head < after:
                raise Ahead
            if head == after:
                return Page((), after, head)
            conditions = [*_conditions(filters), sql.SQL("position <= {}").format(head)]
            conditions.append(sql.SQL("position > {}").format(after))
            found = _select(raw, conditions, limit)
        full = len(found) == limit
        # Stops before an event of newer software, which alone knows how it is published.
        known = list(takewhile(is_known, found))
        seen = head
        if full or len(known) < len(found):
            seen = known[-1].position if known else after
        return Page(tuple(messages(known, self._source, state.at)), seen, head)

    def stream(
        self, subject: str, from_version: int, limit: int, ear: Ear | None = None
    ) -> list[Message]:
        """One stream's published events from a version on, as far as the reader hears them."""
        conditions = _conditions(Filters(subject=subject, ear=ear))
        conditions.append(sql.SQL("version >= {}").format(from_version))
        with session(self._kit.engine) as connection:
            state = self._look(driver(connection))
            found = _select(driver(connection), conditions, limit, query=_STREAM)
        return list(messages(takewhile(is_known, found), self._source, state.at))

    def cursor(self, position: int) -> Cursor:
        """The place after this position."""
        return Cursor(position, self._kit.store.generation)

    def state(self) -> State:
        """What the store says of itself."""
        with session(self._kit.engine) as connection:
            return self._look(driver(connection))

    def suspect(self, why: str) -> str:
        """Mark the store; gives why it is marked, by whomever."""
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            suspect(raw, self._look(raw).generation, why)
            return self._look(raw).suspicion or why

    def _look(self, raw: Connection) -> State:
        state = self._lineage.look(raw)
        self._kit.store.generation = state.generation
        return state

    def _check(self, raw: Connection, cursor: Cursor) -> int:
        state = self._look(raw)
        if cursor.generation == state.generation:
            if cursor.position <= _head(raw):
                return cursor.position
            raise Ahead if cursor.position > last_position(raw) else UnknownCursor
        if cursor.generation not in state.line.ends:
            # Nobody is turned away by what was remembered.
            self._lineage = Lineage()
            state = self._look(raw)
        end = state.line.ends.get(cursor.generation)
        if end is None:
            raise UnknownCursor
        raise Superseded(self.cursor(min(cursor.position, end)))


def _head(raw: Connection) -> int:
    """The last event at or below which nothing can appear any more."""
    (readable,) = raw.execute(_READABLE).fetchone() or (0,)
    (head,) = raw.execute(_HEAD, (readable,)).fetchone() or (0,)
    return int(head)


def _conditions(filters: Filters) -> list[sql.Composed]:
    private = sorted({one.name for one in event_types() if not one.is_published})
    found = [sql.SQL("type <> ALL({}::text[])").format(private)]
    if filters.types:
        # What the contracts' `matching` says of a wire name, where events are selected.
        fits = "ARRAY['*', split_part(type, '.', 1) || '.*', type, type || '.v' || schema_version]"
        found.append(sql.SQL(fits + " && {}::text[]").format(list(filters.types)))
    if filters.subject is not None:
        found.append(sql.SQL("stream = {}").format(filters.subject))
    return found + _heard(filters.ear)


def _heard(ear: Ear | None) -> list[sql.Composed]:
    """Decided where events are selected, so that pages are full and cursors go past the rest."""
    if ear is None:
        return []
    public = [sql.SQL("type <> ALL({}::text[])").format(sorted(ear.withheld))]
    if ear.nouns is not None:
        noun = sql.SQL("split_part(type, '.', 1) = ANY({}::text[])")
        public.append(noun.format(sorted(ear.nouns)))
    own = sql.SQL(_PARTY).format([f"{kind} {key}" for kind, key in sorted(ear.parties)])
    return [sql.SQL("(({}) OR {})").format(sql.SQL(" AND ").join(public), own)]


def _select(
    raw: Connection, conditions: Sequence[sql.Composable], limit: int, query: LiteralString = _PAGE
) -> list[Stored]:
    composed = sql.SQL(query).format(
        columns=sql.SQL(COLUMNS),
        conditions=sql.SQL(" AND ").join(conditions),
        limit=limit,
    )
    return [Stored(*row) for row in raw.execute(composed)]
