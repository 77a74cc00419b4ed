"""Check the keyed hash chain of every stream.

What it finds: a changed event, a missing one in the middle, a swapped one. What it cannot find:
the end of a stream cut off, or a whole stream gone, which needs heads kept elsewhere; and another
position or `recorded_at`, which the database gives and the chain does not cover.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

import psycopg
import sqlalchemy as sa

from eventkit.store import COLUMNS, Store
from eventkit.stored import Stored

# S608: built from constants alone.
_ALL: LiteralString = f"SELECT {COLUMNS} FROM events ORDER BY stream, version"  # noqa: S608


def verify(url: str, store: Store) -> Iterator[tuple[Stored, str | None]]:
    """Every stored event by stream and version, with what is wrong about it or None.

    After a fault the stream's next events are judged by the hashes as they stand, so that one
    changed event is one finding. Reads in one snapshot, a thousand rows at a time.
    """
    plain = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain) as connection, connection.cursor("verify") as cursor:
        cursor.itersize = 1_000
        previous: Stored | None = None
        for row in cursor.execute(_ALL):
            stored = Stored(*row)
            before = previous if previous and previous.stream == stored.stream else None
            yield stored, _fault(store, before, stored)
            previous = stored


def _fault(store: Store, before: Stored | None, stored: Stored) -> str | None:
    expected = before.version + 1 if before else 1
    if stored.version != expected:
        return f"version {expected} is missing before it"
    if store.digest(before.hash if before else b"", stored) != stored.hash:
        return "it is not what was stored"
    return None
