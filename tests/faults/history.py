"""A run's history: one zip file of JSON lines, all that the oracle reads.

`ledger` and `faults` tell what was done; `events/…`, `topic/…`, `feed/…`, `inbox/…`, `parked/…`,
`model/…`, `mails` and `webhooks` what was found afterwards; `meta` is a single line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Protocol
from zipfile import ZIP_DEFLATED, ZipFile

Line = dict[str, Any]


class History(Protocol):
    """What the oracle reads from."""

    def names(self) -> list[str]:
        """The names of all its parts."""

    def rows(self, name: str) -> Iterator[Line]:
        """The lines of a part in order; none where it isn't there."""


@dataclass
class Remembered:
    """A history in memory, for tests."""

    parts: dict[str, list[Line]] = field(default_factory=dict)

    def names(self) -> list[str]:
        return list(self.parts)

    def rows(self, name: str) -> Iterator[Line]:
        return iter(self.parts.get(name, []))


@dataclass
class Filed:
    """A history file."""

    path: Path

    def names(self) -> list[str]:
        with ZipFile(self.path) as file:
            return [name.removesuffix(".jsonl") for name in file.namelist()]

    def rows(self, name: str) -> Iterator[Line]:
        if name not in self.names():
            return
        with ZipFile(self.path) as file, file.open(f"{name}.jsonl") as part:
            for line in TextIOWrapper(part, encoding="utf-8"):
                yield json.loads(line)


class Writer:
    """Writes a history file, one part after the other."""

    def __init__(self, path: Path) -> None:
        self._file = ZipFile(path, "w", ZIP_DEFLATED, compresslevel=3)

    def write(self, name: str, rows: Iterable[Line]) -> int:
        """Add a part; how many lines it has."""
        count = 0
        with self._file.open(f"{name}.jsonl", "w", force_zip64=True) as part:
            for row in rows:
                part.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
                count += 1
        return count

    def close(self) -> None:
        self._file.close()


def meta(history: History) -> Line:
    return next(history.rows("meta"), {})


def of_kind(history: History, kind: str) -> list[str]:
    """The rest of the names of all parts of a kind: `of_kind(history, "topic")`."""
    return [name.partition("/")[2] for name in history.names() if name.partition("/")[0] == kind]
