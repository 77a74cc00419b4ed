"""Sign the newest head at intervals, and keep the file outside the database up to date.

A statement is stored first and written then, so a file never knows one that its store does not
know. Where it does, the store was set back behind it.
"""

from __future__ import annotations

import os
from datetime import UTC
from errno import EEXIST
from pathlib import Path
from time import monotonic
from typing import LiteralString
from uuid import UUID

import structlog
from joserfc.jwk import OKPKey

from eventkit.crash_points import reach
from eventkit.database import driver, session
from eventkit.growing import HEADS_MODE, append, locked
from eventkit.metrics import HEADS_WRITTEN
from eventkit.store import Connection
from eventkit.unit import Kit
from eventkit.verifying.heads import follow, progress
from eventkit.verifying.signed import BadStatement, Statement, hash_of, key_of, opened, sign

_log = structlog.get_logger(component="heads")

# Nothing is signed for a store that may be older than what it has told others.
_LOCK: LiteralString = (
    "SELECT clock_timestamp() FROM heads_progress WHERE store_suspicion() IS NULL FOR UPDATE"
)
_LINE: LiteralString = (
    "SELECT generation, parent, forked_at FROM store_state JOIN generations USING (generation)"
)
_SUSPECT: LiteralString = "SELECT suspect_store(%s)"
_NEWEST: LiteralString = (
    "SELECT number, generation, position, statement FROM exported_heads"
    " ORDER BY number DESC LIMIT 1"
)
_KEEP: LiteralString = (
    "INSERT INTO exported_heads (number, generation, position, statement, exported_at)"
    " VALUES (%s, %s, %s, %s, %s)"
)
_NUMBER: LiteralString = "SELECT number FROM exported_heads WHERE statement = %s"
_AFTER: LiteralString = (
    "SELECT statement FROM exported_heads WHERE number > %s"
    " AND (%s::uuid IS NULL OR generation = %s) ORDER BY number"
)
# Longer than any line.
_TAIL = 16_384


class HeadWorker:
    """Follows the store, and exports a head when the time has come and something was stored.

    The file is looked at before the first head is signed, since it is a witness of what the
    store once knew.
    """

    def __init__(self) -> None:
        self._due = 0.0

    def step(self, kit: Kit) -> bool:
        if monotonic() >= self._due:
            self._due = monotonic() + kit.settings.heads_export_seconds
            self._export(kit)
        return follow(kit)

    def _export(self, kit: Kit) -> None:
        key, path = key_of(kit.settings.chain_key), kit.settings.heads_export
        if path is None:
            export(kit, key)
        elif _written(kit, key, Path(path)) and export(kit, key):
            _written(kit, key, Path(path))


class SetBack(Exception):
    """The file knows heads of this generation that the store does not: it is an older copy."""


def export(kit: Kit, key: OKPKey) -> Statement | None:
    """Sign and store the present head; None where nothing was stored since the last one."""
    with session(kit.engine) as connection:
        raw = driver(connection)
        with raw.transaction():
            found = _new(raw, kit, key)
    if found is None:
        return None
    reach("heads.signed")
    statement, text = found
    told = {"number": statement.number, "position": statement.position}
    _log.info("head", **told, events=statement.events, streams=statement.streams, signed=text)
    return statement


def _written(kit: Kit, key: OKPKey, path: Path) -> bool:
    """Whether the store may go on signing: not where the file knows more than it does."""
    try:
        write(kit, key, path)
    except OSError as error:
        # A head that is signed is in the log as well, and comes to the file later.
        _log.error("heads_export_failed", file=str(path), cause=error.strerror)
    except SetBack:
        _log.error("heads_set_back", file=str(path))
        with session(kit.engine) as connection:
            driver(connection).execute(_SUSPECT, ("exported heads know later events",))
        return False
    else:
        HEADS_WRITTEN.labels(kit.name).set_to_current_time()
    return True


def tell_written(kit: Kit) -> None:
    """Tell when the file last grew, before it is written: that may fail from the start on.

    Of a file that is away nothing is known, so its time begins now.
    """
    if kit.settings.heads_export is None:
        return
    written = HEADS_WRITTEN.labels(kit.name)
    try:
        written.set(os.stat(kit.settings.heads_export).st_mtime)
    except OSError:
        written.set_to_current_time()


def newest(raw: Connection) -> str | None:
    """The statement that was signed last."""
    row = raw.execute(_NEWEST).fetchone()
    return str(row[3]) if row else None


def write(kit: Kit, key: OKPKey, path: Path) -> int:
    """Append to the file what it does not have, and give how many lines; raises OSError, SetBack.

    Several processes may write the same file, or each one of its own.
    """
    with session(kit.engine) as connection, locked(path, HEADS_MODE) as file:
        lines = _missing(driver(connection), key, file)
        if lines:
            append(file, b"".join(line.encode() + b"\n" for line in lines))
            reach("heads.written")
    return len(lines)


def lines_of(path: Path) -> list[str]:
    """The lines of a file of heads; raises OSError."""
    return [line for line in path.read_text(encoding="ascii", errors="replace").split("\n") if line]


def _new(raw: Connection, kit: Kit, key: OKPKey) -> tuple[Statement, str] | None:
    (now,) = raw.execute(_LOCK).fetchone() or (None,)
    if now is None:
        return None
    generation, parent, forked_at = raw.execute(_LINE).fetchone() or (None, None, 0)
    was = progress(raw)
    last = raw.execute(_NEWEST).fetchone()
    if last and last[1:3] == (generation, was.position):
        return None
    statement = Statement(
        service=kit.name,
        number=last[0] + 1 if last else 1,
        previous=hash_of(last[3]) if last else None,
        generation=generation,
        parent=parent,
        forked_at=forked_at,
        position=was.position,
        events=was.events,
        streams=was.streams,
        digest=was.digest.hex(),
        at=now.astimezone(UTC),
    )
    text = sign(statement, key)
    raw.execute(_KEEP, (statement.number, generation, was.position, text, now))
    return statement, text


def _missing(raw: Connection, key: OKPKey, file: int) -> list[str]:
    """What the file has to be given so that it has all that the store has."""
    tail = os.pread(file, _TAIL, max(0, os.fstat(file).st_size - _TAIL)).decode("ascii", "replace")
    whole, _, torn = tail.rpartition("\n")
    # A writer died within a line; the next line begins with what is there, and is whole.
    begun = [""] if torn else []
    last = whole.rpartition("\n")[2]
    if not last:
        return begun + _after(raw, 0)
    known = raw.execute(_NUMBER, (last,)).fetchone()
    if known:
        return begun + _after(raw, known[0])
    if _generation(last, key) is None:
        raise FileExistsError(EEXIST, "the file is of another service, or of another CHAIN_KEY")
    (generation, *_) = raw.execute(_LINE).fetchone() or (None,)
    if _names(file, key, generation):
        raise SetBack
    return begun + _after(raw, 0, generation)


def _after(raw: Connection, number: int, generation: UUID | None = None) -> list[str]:
    return [text for (text,) in raw.execute(_AFTER, (number, generation, generation))]


def _names(file: int, key: OKPKey, generation: UUID) -> bool:
    """Whether a line of the file is of this generation, which then did not begin just now."""
    with os.fdopen(os.dup(file), encoding="ascii", errors="replace") as lines:
        lines.seek(0)
        return any(_generation(line.strip(), key) == generation for line in lines)


def _generation(line: str, key: OKPKey) -> UUID | None:
    try:
        return opened(line, key).generation
    except BadStatement:
        return None
