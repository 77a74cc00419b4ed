"""Check that the store holds what was stored: every event, in its place, and nothing less.

One pass in the order of positions, in one snapshot. It follows the store as the worker did, and
compares with the heads that the worker kept and signed (decision 0017). Streams that differ are
then read once more, to name what is wrong with them. Takes some 300 bytes of memory a stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import LiteralString
from uuid import UUID

import psycopg
import sqlalchemy as sa
from psycopg import IsolationLevel

from eventkit.store import COLUMNS, Connection
from eventkit.stored import Stored
from eventkit.unit import Kit
from eventkit.verifying.findings import Finding, Kind, findings_of
from eventkit.verifying.heads import Follower, Head, Progress, progress
from eventkit.verifying.signed import key_of
from eventkit.verifying.witnesses import Witness, Witnesses

# S608: built from constants alone.
_ALL: LiteralString = f"SELECT {COLUMNS} FROM events ORDER BY position"  # noqa: S608
_STREAM: LiteralString = f"SELECT {COLUMNS} FROM events WHERE stream = %s ORDER BY version"  # noqa: S608
_END: LiteralString = "SELECT coalesce(max(position), 0) FROM events"
_HEADS: LiteralString = (
    "SELECT stream, version, hash, seal, broken_at IS NOT NULL FROM stream_heads"
)
_HEAD: LiteralString = "SELECT version, hash, seal FROM stream_heads WHERE stream = %s"
_PAGE = 1_000

# Told after every page up to which position it is done, and up to which it goes.
Show = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was looked at and found. `notes` are no faults, but nothing to keep quiet about.

    `followed` is the position up to which heads are kept: nobody can say what came after it.
    """

    generation: UUID
    events: int
    streams: int
    position: int
    followed: int
    findings: Sequence[Finding]
    notes: Sequence[str]


def verify(kit: Kit, exported: Sequence[str] = (), show: Show = lambda _, __: None) -> Report:
    """Everything that can be seen to be wrong; `exported` are lines of a file of heads."""
    url = sa.make_url(kit.settings.database_url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        return _Run(kit, connection).report(exported, show)


class _Run:
    def __init__(self, kit: Kit, connection: Connection) -> None:
        self._kit = kit
        self._connection = connection
        self._kept = progress(connection)
        key = key_of(kit.settings.chain_key)
        self._witnesses = Witnesses(connection, kit.name, key)
        self._suspects: set[str] = set()

    def report(self, exported: Sequence[str], show: Show) -> Report:
        walk = _Walk(self._kit, self._heard(exported))
        for stored in self._events(show):
            if walk.position <= self._kept.position < stored.position:
                self._compare(walk.heads)
            walk.take(stored)
        if walk.position <= self._kept.position:
            self._compare(walk.heads)
        walk.end()
        self._suspects |= walk.broken
        said = [*walk.findings, *self._witnesses.findings]
        return Report(
            generation=self._witnesses.line[0].generation,
            events=walk.events,
            streams=len(walk.heads.keys() | walk.broken),
            position=walk.position,
            followed=self._kept.position,
            findings=[*self._of_streams(), *said],
            notes=self._witnesses.notes,
        )

    def _heard(self, exported: Sequence[str]) -> list[Witness]:
        found = self._witnesses.hear(exported)
        newest = max((one.of.position for one in found), default=0)
        if newest > self._kept.position:
            text = f"stream_heads ends at position {self._kept.position}, and knew {newest} before"
            self._witnesses.findings.append(Finding(kind=Kind.HEAD, text=text))
        kept = Witness("stream_heads", self._kept, signed=False)
        return sorted([*found, kept], key=lambda one: one.of.position)

    def _events(self, show: Show) -> Iterator[Stored]:
        (end,) = self._connection.execute(_END).fetchone() or (0,)
        with self._connection.cursor("events") as cursor:
            cursor.itersize = _PAGE
            for number, row in enumerate(cursor.execute(_ALL), 1):
                stored = Stored(*row)
                yield stored
                if number % _PAGE == 0 or stored.position == end:
                    show(stored.position, end)

    def _compare(self, heads: dict[str, Head]) -> None:
        """Suspect streams that end otherwise than the heads say, or that only one side has."""
        unseen = set(heads)
        with self._connection.cursor("heads") as cursor:
            cursor.itersize = _PAGE
            for stream, version, digest, seal, broken in cursor.execute(_HEADS):
                unseen.discard(stream)
                if broken or heads.get(stream) != (version, digest, seal):
                    self._suspects.add(stream)
        self._suspects |= unseen

    def _of_streams(self) -> Iterator[Finding]:
        for stream in sorted(self._suspects):
            rows = self._connection.execute(_STREAM, (stream,)).fetchall()
            head = self._connection.execute(_HEAD, (stream,)).fetchone()
            known = Head(*head) if head else None
            yield from findings_of(self._kit.store, stream, [Stored(*row) for row in rows], known)


class _Walk:
    """All events once more in order, judged by each witness on the way."""

    def __init__(self, kit: Kit, witnesses: Iterable[Witness]) -> None:
        self._follower = Follower(kit.store, kit.settings.chain_key, Progress())
        self._waiting = deque(witnesses)
        self._agreed = Progress()
        self.events = 0
        self.position = 0
        self.findings: list[Finding] = []

    @property
    def heads(self) -> dict[str, Head]:
        return self._follower.heads

    @property
    def broken(self) -> set[str]:
        """Streams with an event that does not follow the one before it."""
        return set(self._follower.broken)

    def take(self, stored: Stored) -> None:
        self._judge(stored.position)
        self._follower.take(stored)
        self.events += 1
        self.position = stored.position

    def end(self) -> None:
        self._judge(inf)

    def _judge(self, below: float) -> None:
        while self._waiting and self._waiting[0].of.position < below:
            witness = self._waiting.popleft()
            # Once a signed head was not met, those that are kept have nothing to add.
            heard = witness.signed or not self.findings
            if heard and self._follower.progress != witness.of:
                ended = below == inf and self.position < witness.of.position
                self.findings.append(self._against(witness, ended=ended))
            # So that each stretch between two witnesses is judged by itself.
            self._follower.progress = self._agreed = witness.of

    def _against(self, witness: Witness, *, ended: bool) -> Finding:
        since, now, then = self._agreed, self._follower.progress, witness.of
        kind = Kind.HISTORY
        text = (
            f"between positions {since.position} and {then.position} the store is not what"
            f" {witness.name} says: {now.events - since.events} events now,"
            f" {then.events - since.events} then"
        )
        if ended:
            kind = Kind.CUT
            text = (
                f"the store ends at position {self.position}, and {witness.name} goes up to"
                f" {then.position}: of {then.events - since.events} events after position"
                f" {since.position} it has {now.events - since.events} now"
            )
        return Finding(kind=kind, text=text, position=then.position)
