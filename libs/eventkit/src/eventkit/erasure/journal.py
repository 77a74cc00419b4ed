"""The erasure journal: who was erased, in a file outside of all databases (decision 0016).

A restored database has forgotten erasures; the journal has not. It holds ids, times and reasons.
"""

from __future__ import annotations

import hmac
import os
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
import structlog

from contracts.erasure import ErasureReason
from eventkit.database import Unavailable
from eventkit.growing import JOURNAL_MODE, append, locked

_log = structlog.get_logger(component="erasure")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One erasure, as it was decided."""

    person: UUID
    service: str
    at: datetime
    reason: ErasureReason


class _Line(Entry, frozen=True, kw_only=True):
    number: int
    mac: str

    @property
    def entry(self) -> Entry:
        return Entry(person=self.person, service=self.service, at=self.at, reason=self.reason)


_decoder = msgspec.json.Decoder(_Line)


class Journal:
    """Appends and reads lines, each with its number and a MAC over all of it.

    Processes of one machine, or of one shared volume, may append at the same time.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path = path
        self._key = hmac.digest(key, b"erasure-journal", "sha256")

    def append(self, entry: Entry) -> None:
        """Write one line and wait until it is on the disk; raises Unavailable."""
        try:
            with locked(self._path, JOURNAL_MODE) as file:
                append(file, self._line(entry, _whole_lines(file) + 1))
        except OSError as error:
            raise Unavailable(f"the erasure journal: {error.strerror}") from error

    def entries(self) -> list[Entry]:
        """The first entry of each person, in order; raises Unavailable."""
        return self.read()[0]

    def read(self) -> tuple[list[Entry], bool]:
        """The entries, and whether the file is whole; raises Unavailable.

        What does not fit its MAC is passed over and logged: nobody erases by writing a line.
        """
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return [], True
        except OSError as error:
            raise Unavailable(f"the erasure journal: {error.strerror}") from error
        found: dict[UUID, Entry] = {}
        is_whole = True
        # What follows the last line end was never finished, and never acknowledged.
        for number, text in enumerate(lines[:-1], 1):
            line = _decoded(text)
            if line is None or not hmac.compare_digest(
                line.mac, self._mac(line.entry, line.number)
            ):
                _log.error("erasure_journal_damaged", line=number)
                is_whole = False
            else:
                if line.number != number:
                    is_whole = False
                    _log.error("erasure_journal_line_missing", line=number, told=line.number)
                found.setdefault(line.person, line.entry)
        return list(found.values()), is_whole

    def _line(self, entry: Entry, number: int) -> bytes:
        told = msgspec.structs.asdict(entry)
        line = _Line(**told, number=number, mac=self._mac(entry, number))
        return msgspec.json.encode(line) + b"\n"

    def _mac(self, entry: Entry, number: int) -> str:
        told = b"%d:" % number + msgspec.json.encode(entry)
        return hmac.digest(self._key, told, "sha256").hex()


def _whole_lines(file: int) -> int:
    """How many lines the file has, which loses the part of one that a crash left behind."""
    content = os.pread(file, os.fstat(file).st_size, 0)
    whole, _, torn = content.rpartition(b"\n")
    if torn:
        os.ftruncate(file, len(content) - len(torn))
    return whole.count(b"\n") + 1 if whole else 0


def _decoded(text: bytes) -> _Line | None:
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
