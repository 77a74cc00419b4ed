"""What was asked and what was answered: written and synced before each call, and after it.

`ok`: done (2xx). `fail`: refused, so surely not done (4xx, and nothing unknown before it).
`info`: nobody knows (no answer, or 5xx); the same wish is repeated under the same key.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OK, FAIL, INFO, INVOKED = "ok", "fail", "info", "invoked"
Line = dict[str, Any]


class Ledger:
    """One writer's lines."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def keep(self, **told: Any) -> None:
        """On disk when this returns."""
        self.write({**told, "at": round(time.time(), 3)})
        self.sync()

    def write(self, line: Line) -> None:
        self._file.write(json.dumps(line) + "\n")

    def sync(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


@dataclass
class Wish:
    """One operation with everything that is known of its end.

    `types` are the names of the events that it makes `count` of; `why` is the last refusal.
    """

    op: str
    what: str
    service: str
    types: tuple[str, ...]
    count: int
    state: str = INFO
    identity: str | None = None
    version: int | None = None
    statuses: tuple[int, ...] = ()


def wishes(lines: Iterable[Line]) -> Iterator[Wish]:
    """Every operation with its last state: the lines of one after another, in any mixture."""
    found: dict[str, Wish] = {}
    for line in lines:
        if line["state"] == INVOKED:
            found[line["op"]] = Wish(
                line["op"], line["what"], line["service"], tuple(line["types"]), line["count"]
            )
            continue
        wish = found[line["op"]]
        wish.state = line["state"]
        wish.identity, wish.version = line.get("id"), line.get("version")
        if "status" in line:
            wish.statuses = (*wish.statuses, line["status"])
    yield from found.values()


def lines(folder: Path) -> Iterator[Line]:
    """All lines of all writers; a line that a kill cut off was never acted on."""
    for path in sorted(folder.glob("ledger-*.jsonl")):
        for text in path.read_text("utf-8").splitlines():
            try:
                yield json.loads(text)
            except ValueError:
                continue
