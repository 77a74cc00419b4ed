"""A stream for a command: read in order, and refused where its hashes do not hold.

What was found sound is believed for a minute, so a command costs one check for each event that
came since, and the whole stream is checked once a minute (decision 0017).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, LiteralString, NamedTuple

import psycopg
import structlog
from psycopg.rows import TupleRow

from eventkit.prepared import fetch
from eventkit.stored import Stored

_log = structlog.get_logger(component="store")

# What the hash covers beside the rest comes only for events that are to be checked.
_LOAD: LiteralString = """
SELECT version, type, schema_version, data::text, hash,
       CASE WHEN version > %s::int THEN event_id END,
       CASE WHEN version > %s::int THEN metadata::text END,
       CASE WHEN version > %s::int THEN occurred_at END
FROM events WHERE stream = %s ORDER BY version
"""
_BEFORE: LiteralString = """
SELECT events.stream, events.version, events.hash
FROM unnest(%s::text[], %s::int[]) AS wanted(stream, version)
JOIN events USING (stream, version) WHERE position < %s
"""
_BELIEVED_SECONDS = 60.0
_MOST = 10_000


class BrokenStream(Exception):
    """Events of a stream were changed or taken out past the store, so nobody may build on it."""

    def __init__(self, stream: str, version: int) -> None:
        super().__init__(
            f"The event store was changed: {stream} version {version} is not what was stored."
        )


class _Sound(NamedTuple):
    """Up to which version a stream was found sound, the hash there, and until when."""

    version: int = 0
    hash: bytes = b""
    until: float = 0.0


_NOTHING = _Sound()


class Chains:
    """Reads streams for one store. Safe across threads."""

    def __init__(self, digest: Callable[[bytes, Stored], bytes]) -> None:
        self._digest = digest
        self._sound: dict[str, _Sound] = {}

    def load(self, connection: psycopg.Connection[TupleRow], stream: str) -> Sequence[TupleRow]:
        """Rows that begin with version, type, schema version, data and hash; or BrokenStream."""
        since = self._sound.get(stream, _NOTHING)
        if since.until < monotonic():
            since = _NOTHING
        rows = _fetch(connection, stream, since.version)
        if since.version and not _goes_on(since, rows):
            since, rows = _NOTHING, _fetch(connection, stream, 0)
        if len(rows) > since.version:
            self._check(stream, rows, since)
        return rows

    def _check(self, stream: str, rows: Sequence[TupleRow], since: _Sound) -> None:
        before = since.hash
        for version, row in enumerate(rows[since.version :], since.version + 1):
            if row[0] != version or self._digest(before, _stored(stream, row)) != row[4]:
                _log.error("broken_stream", stream=stream, version=version)
                raise BrokenStream(stream, version)
            before = row[4]
        if len(self._sound) >= _MOST:
            self._sound.clear()
        until = since.until or monotonic() + _BELIEVED_SECONDS
        self._sound[stream] = _Sound(len(rows), before, until)


def check_page(
    connection: psycopg.Connection[TupleRow],
    digest: Callable[[bytes, Stored], bytes],
    page: Sequence[Stored],
) -> None:
    """Raise BrokenStream where an event does not follow the one before it in its stream.

    The page is in the order of positions, and the pages before it are known to be sound.
    """
    if not page:
        return
    hashes = _before(connection, page)
    for one in page:
        before = hashes.get((one.stream, one.version - 1)) if one.version > 1 else b""
        if before is None or digest(before, one) != one.hash:
            _log.error("broken_stream", stream=one.stream, version=one.version)
            raise BrokenStream(one.stream, one.version)
        hashes[one.stream, one.version] = one.hash


def _before(
    connection: psycopg.Connection[TupleRow], page: Sequence[Stored]
) -> dict[tuple[str, int], bytes]:
    """The hashes that the page's streams go on from."""
    here = {(one.stream, one.version) for one in page}
    wanted = [
        (one.stream, one.version - 1)
        for one in page
        if one.version > 1 and (one.stream, one.version - 1) not in here
    ]
    if not wanted:
        return {}
    streams, versions = zip(*wanted, strict=True)
    found = connection.execute(_BEFORE, (list(streams), list(versions), page[0].position))
    return {(stream, version): bytes(digest) for stream, version, digest in found}


def _fetch(connection: psycopg.Connection[TupleRow], stream: str, since: int) -> list[TupleRow]:
    known = str(since)
    return fetch(connection, _LOAD, (known, known, known, stream))


def _goes_on(since: _Sound, rows: Sequence[TupleRow]) -> bool:
    """Whether what was found sound is there as it was; a restore may have taken it away."""
    return len(rows) >= since.version and rows[since.version - 1][4] == since.hash


def _stored(stream: str, row: Sequence[Any]) -> Stored:
    version, name, schema_version, data, digest, event_id, metadata, occurred_at = row
    return Stored(
        stream=stream,
        version=version,
        position=0,
        event_id=event_id,
        name=name,
        schema_version=schema_version,
        data=data,
        metadata=metadata,
        hash=digest,
        occurred_at=occurred_at,
        recorded_at=occurred_at,
    )
