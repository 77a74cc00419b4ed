"""Places in a service's feed: an event's id, or our own `<position>.<generation>`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

_OWN = re.compile(r"(0|[1-9][0-9]{0,18})\.([0-9a-f-]{36})\Z")


@dataclass(frozen=True)
class Cursor:
    """After this position of this generation of the store; nothing at or below comes again."""

    position: int
    generation: UUID

    def __str__(self) -> str:
        return f"{self.position}.{self.generation}"


def parse(text: str) -> Cursor | UUID:
    """Read a cursor or an event's id; raises ValueError."""
    if own := _OWN.match(text):
        return Cursor(int(own[1]), UUID(own[2]))
    if len(text) != 36:
        raise ValueError("This is neither a cursor nor an event's id.")
    return UUID(text)
