"""What to do with foreign events: handle the next, drop the known, fetch the missing, park."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from marshmallow import ValidationError
from msgspec import DecodeError

from contracts.catalog import UnknownEvent, newest
from contracts.codec import read
from contracts.envelope import Message, to_structured
from eventkit.consuming.incoming import Arrival, SourceUnavailable, Unreadable
from eventkit.generations import Line
from eventkit.store import Connection

Fetch = Callable[[str, int], list[Message]]
BEHIND = "behind a parked event of its stream"

# What reading an event can raise: it breaks its schema, or an upcast breaks on it.
UNFIT = (ValidationError, DecodeError, RecursionError, LookupError, TypeError, ValueError)

# One look into the index a row, whatever the planner believes of a table that just grew.
_HEADS = (
    "SELECT wanted.stream, head.version FROM unnest(%s::text[]) AS wanted(stream)"
    " CROSS JOIN LATERAL (SELECT version FROM inbox WHERE source = %s AND generation = %s"
    " AND inbox.stream = wanted.stream ORDER BY version DESC LIMIT 1) head"
)
_IDS = (
    "SELECT wanted.stream, wanted.version, seen.event_id"
    " FROM unnest(%s::text[], %s::int[]) AS wanted(stream, version)"
    " CROSS JOIN LATERAL (SELECT event_id FROM inbox WHERE source = %s AND generation = %s"
    " AND inbox.stream = wanted.stream AND inbox.version = wanted.version LIMIT 1) seen"
)
_PARKED = (
    "SELECT DISTINCT stream FROM parked WHERE source = %s AND generation = %s AND stream = ANY(%s)"
)
_KEEP = (
    "INSERT INTO inbox (source, generation, stream, version, event_id, skipped)"
    " SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::uuid[], %s::text[])"
)


@dataclass(frozen=True)
class Handle:
    """The next event of its stream; without an `event` its type is unknown here: skip it."""

    message: Message
    event: Any | None


Reason = Literal[
    "refused", "newer", "handler", "crash", "timeout", "gap", "fork", "generation", "origin",
    "foreign", "unreadable", "waiting",
]  # fmt: skip


@dataclass(frozen=True)
class Park:
    """An arrival that can't be handled now. `reason` is for programs, `detail` for operators."""

    arrival: Arrival
    reason: Reason
    detail: str


@dataclass(frozen=True)
class Lost:
    """An event whose place in the source's history another one has taken since a restore."""

    arrival: Message


Action = Handle | Park | Lost


@dataclass
class Known:
    """What is known of the streams of a batch, kept up to date while the batch is sorted."""

    heads: dict[str, int] = field(default_factory=dict)
    ids: dict[tuple[str, int], UUID] = field(default_factory=dict)
    parked: set[str] = field(default_factory=set)


class Inbox:
    """Sorts the arrivals of one source. Nothing here writes."""

    def __init__(
        self,
        generation: UUID | None,
        known: Known,
        fetch: Fetch,
        origin: str | None = None,
        line: Line | None = None,
    ) -> None:
        self.generation = generation
        self.origin = origin
        self._line = line
        self._known = known
        self._fetch = fetch

    def sort(self, arrival: Arrival) -> list[Action]:
        """What to do because of this arrival, in order; nothing for what is known already."""
        if isinstance(arrival, Unreadable):
            return [Park(arrival, "unreadable", arrival.reason)]
        if arrival.source != self.origin and not self._is_known(arrival):
            return self._of_another_origin(arrival)
        if self.generation is None:
            self.generation = arrival.generation
        if arrival.generation != self.generation:
            return self._of_another_generation(arrival, self.generation)
        return self._sort(arrival)

    def block(self, stream: str) -> None:
        """From now on the stream's events wait, because one before them was parked."""
        self._known.parked.add(stream)

    def _sort(self, message: Message) -> list[Action]:
        head = self._known.heads.get(message.subject, 0)
        if message.version <= head:
            return self._seen(message)
        if message.subject in self._known.parked:
            return [Park(message, "waiting", BEHIND)]
        if message.version == head + 1:
            return [self._next(message)]
        return self._after_a_gap(message, head)

    def _of_another_origin(self, message: Message) -> list[Action]:
        """The source was given another address, or somebody else wrote this: the source knows.

        So it does of the first event of all, before which no address is known; without an answer
        nothing begins then, and SourceUnavailable is raised.
        """
        if message.subject in self._known.parked:
            return [Park(message, "waiting", BEHIND)]
        try:
            found = self._fetch(message.subject, message.version)
        except SourceUnavailable as error:
            if self.origin is None:
                raise
            return [self._park(message, "origin", f"{self._told(message)}: {error}"[:500])]
        for one in found:
            if (one.id, one.version) == (message.id, message.version):
                self.origin = one.source
                return self.sort(one)
        return [self._unknown_to_the_source(message)]

    def _unknown_to_the_source(self, message: Message) -> Action:
        """What somebody else wrote holds up no stream, so it is kept beside all streams.

        While no address tells them apart, what the source lost is not taken for that.
        """
        if self.origin is None and self._line is not None:
            if message.generation not in self._line.ends:
                return Park(message, "generation", f"not of generation {self.generation}")
            if not self._line.stands(message.generation, message.position):
                return Lost(message)
        told = self._told(message)
        return Park(Unreadable(raw=to_structured(message), reason=told), "foreign", told[:500])

    def _told(self, message: Message) -> str:
        known = (
            "which the source does not confirm" if self.origin is None else f"not of {self.origin}"
        )
        return f"says that it is of {message.source}, {known}"

    def _of_another_generation(self, message: Message, present: UUID) -> list[Action]:
        """What stands from earlier generations is kept as of the present one."""
        if self._line is None or message.generation not in self._line.ends:
            return [Park(message, "generation", f"not of generation {present}")]
        if self._line.stands(message.generation, message.position):
            return self._sort(replace(message, generation=present))
        return [] if self._is_known(message) else [Lost(message)]

    def _is_known(self, message: Message) -> bool:
        return self._known.ids.get((message.subject, message.version)) == message.id

    def _seen(self, message: Message) -> list[Action]:
        if self._is_known(message):
            return []
        return [self._park(message, "fork", "another event was seen as this version")]

    def _after_a_gap(self, message: Message, head: int) -> list[Action]:
        try:
            found = self._fetch(message.subject, head + 1)
        except SourceUnavailable as error:
            return [self._park(message, "gap", f"version {head + 1} is missing: {error}")]
        actions: list[Action] = []
        for missing in found:
            if head < missing.version < message.version:
                actions += self.sort(missing)
        if self._known.heads.get(message.subject, 0) + 1 == message.version:
            return [*actions, *self._sort(message)]
        detail = f"the source does not have all versions from {head + 1}"
        return [*actions, self._park(message, "gap", detail)]

    def _next(self, message: Message) -> Action:
        try:
            event = read(message.type, message.data)
        except UnknownEvent:
            if _is_newer(message.type):
                return self._park(message, "newer", f"{message.type} needs newer software")
            event = None
        except UNFIT as error:
            return self._park(message, "refused", first_line(error))
        self._known.heads[message.subject] = message.version
        self._known.ids[message.subject, message.version] = message.id
        return Handle(message, event)

    def _park(self, message: Message, reason: Reason, detail: str) -> Park:
        self.block(message.subject)
        return Park(message, reason, detail)


def known(
    raw: Connection, source: str, generation: UUID | None, arrivals: Iterable[Arrival]
) -> Known:
    """Look up what the database knows of the arrivals' streams."""
    messages = [arrival for arrival in arrivals if isinstance(arrival, Message)]
    if not messages or generation is None:
        return Known()
    streams = list({message.subject for message in messages})
    pairs = [message.subject for message in messages], [message.version for message in messages]
    heads = raw.execute(_HEADS, (streams, source, generation)).fetchall()
    ids = raw.execute(_IDS, (*pairs, source, generation)).fetchall()
    parked = raw.execute(_PARKED, (source, generation, streams)).fetchall()
    return Known(
        heads=dict(heads),
        ids={(stream, version): event_id for stream, version, event_id in ids},
        parked={stream for (stream,) in parked},
    )


def head_of(raw: Connection, source: str, generation: UUID | None, stream: str) -> int:
    """The version up to which a stream was followed."""
    row = raw.execute(_HEADS, ([stream], source, generation)).fetchone()
    return int(row[1]) if row else 0


def keep(raw: Connection, source: str, handled: Sequence[Handle]) -> None:
    """Remember, in the handlers' transaction, which events had their effect or were skipped."""
    if handled:
        rows = [
            (m.generation, m.subject, m.version, m.id, m.type if one.event is None else None)
            for one in handled
            for m in (one.message,)
        ]
        columns = [list(column) for column in zip(*rows, strict=True)]
        raw.execute(_KEEP, (source, *columns))


def _is_newer(wire: str) -> bool:
    """Whether this software knows the event, but no version as high as this one."""
    name, _, version = wire.rpartition(".v")
    try:
        return version.isdigit() and int(version) > newest(name).version
    except UnknownEvent:
        return False


def first_line(error: Exception) -> str:
    """What an operator reads of an error; later lines may quote data."""
    line = f"{type(error).__name__}: {error}".partition("\n")[0]
    return line.replace("\0", "")[:500]
