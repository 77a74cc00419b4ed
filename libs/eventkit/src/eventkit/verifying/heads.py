"""Stream heads: where each stream ends, and one digest over all that was stored, in order.

They are kept by an upkeep loop that follows the store up to the mark, never by the append, which
they would slow down. What stands in them is keyed, so nobody without the chain key can make heads
for a store that was changed (decision 0017).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import LiteralString, NamedTuple

import structlog

from eventkit.database import driver, session
from eventkit.store import Connection, Store
from eventkit.stored import Stored
from eventkit.unit import Kit

_log = structlog.get_logger(component="heads")

PAGE = 1_000

PROGRESS: LiteralString = "SELECT position, events, streams, digest FROM heads_progress"
# Another process may follow as well; who comes second finds the row locked or moved.
_CLAIM: LiteralString = "SELECT 1 FROM heads_progress WHERE position = %s FOR UPDATE SKIP LOCKED"
_HEADS: LiteralString = (
    "SELECT stream, version, hash, seal FROM stream_heads WHERE stream = ANY(%s)"
)
_KEEP: LiteralString = """
INSERT INTO stream_heads AS h (stream, version, hash, seal)
SELECT * FROM unnest(%s::text[], %s::int[], %s::bytea[], %s::bytea[])
ON CONFLICT (stream) DO UPDATE
    SET version = excluded.version, hash = excluded.hash, seal = excluded.seal
"""
_BREAK: LiteralString = """
INSERT INTO stream_heads AS h (stream, version, hash, seal, broken_at)
SELECT n.stream, 0, '', '', n.position FROM unnest(%s::text[], %s::bigint[]) AS n(stream, position)
ON CONFLICT (stream) DO UPDATE SET broken_at = coalesce(h.broken_at, excluded.broken_at)
"""
_MOVE: LiteralString = (
    "UPDATE heads_progress SET position = %s, events = %s, streams = %s, digest = %s"
)


class Head(NamedTuple):
    """The end of a stream. `seal` covers every event with its position and `recorded_at`."""

    version: int = 0
    hash: bytes = b""
    seal: bytes = b""


@dataclass(frozen=True)
class Progress:
    """All events up to a position: how many, of how many streams, and their digest in order."""

    position: int = 0
    events: int = 0
    streams: int = 0
    digest: bytes = b""


class Follower:
    """Takes events in the order of their positions, and knows every stream's head.

    `heads` has to hold the heads of the streams that come; unknown streams begin.
    """

    def __init__(self, store: Store, chain_key: bytes, progress: Progress) -> None:
        self._store = store
        self._key = hmac.digest(chain_key, b"netztreff heads", "sha256")
        self.progress = progress
        self.heads: dict[str, Head] = {}
        # Streams with an event that does not follow its head, and where the first one stands.
        self.broken: dict[str, int] = {}

    def take(self, stored: Stored) -> bool:
        """Whether the event is what its stream goes on with; else the stream's head stays."""
        head = self.heads.get(stored.stream, Head())
        fits = self._fits(head, stored)
        if fits:
            self.heads[stored.stream] = self._after(head, stored)
        else:
            self.broken.setdefault(stored.stream, stored.position)
        self._count(stored)
        return fits

    def _fits(self, head: Head, stored: Stored) -> bool:
        expected = head.version + 1
        return stored.version == expected and stored.hash == self._store.digest(head.hash, stored)

    def _after(self, head: Head, stored: Stored) -> Head:
        return Head(stored.version, stored.hash, self._sealed(head.seal, stored))

    def _count(self, stored: Stored) -> None:
        was = self.progress
        self.progress = Progress(
            position=stored.position,
            events=was.events + 1,
            streams=was.streams + (stored.version == 1),
            digest=self._sealed(was.digest, stored),
        )

    def _sealed(self, before: bytes, stored: Stored) -> bytes:
        """Covers what the hash does not: where the event stands among all, and when it came."""
        parts = (
            b"%d" % stored.position,
            stored.stream.encode(),
            b"%d" % stored.version,
            stored.hash,
            stored.recorded_at.astimezone(UTC).isoformat().encode(),
        )
        told = b"".join(b"%d:%b" % (len(part), part) for part in (before, *parts))
        return hmac.digest(self._key, told, "sha256")


def follow(kit: Kit) -> bool:
    """Bring the heads up to the next page of events; False when there was none."""
    with session(kit.engine) as connection:
        raw = driver(connection)
        was = progress(raw)
        page = kit.store.read(raw, was.position, PAGE)
        if not page:
            return False
        with raw.transaction():
            if raw.execute(_CLAIM, (was.position,)).fetchone():
                _take(raw, Follower(kit.store, kit.settings.chain_key, was), page)
    return len(page) == PAGE


def progress(raw: Connection) -> Progress:
    """How far the heads are."""
    row = raw.execute(PROGRESS).fetchone()
    return Progress(*row) if row else Progress()


def _take(raw: Connection, follower: Follower, page: Iterable[Stored]) -> None:
    page = list(page)
    streams = sorted({stored.stream for stored in page})
    found = raw.execute(_HEADS, (streams,)).fetchall()
    follower.heads = {stream: Head(*head) for stream, *head in found}
    before = dict(follower.heads)
    for stored in page:
        if not follower.take(stored):
            place = {"stream": stored.stream, "version": stored.version}
            _log.error("broken_stream", **place, position=stored.position)
    _keep(raw, before, follower)


def _keep(raw: Connection, before: Mapping[str, Head], follower: Follower) -> None:
    moved = [
        (stream, *head) for stream, head in follower.heads.items() if head != before.get(stream)
    ]
    if moved:
        raw.execute(_KEEP, [list(column) for column in zip(*moved, strict=True)])
    if follower.broken:
        raw.execute(_BREAK, (list(follower.broken), list(follower.broken.values())))
    now = follower.progress
    raw.execute(_MOVE, (now.position, now.events, now.streams, now.digest))
