"""What a consumer reads from, whichever way the events travel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from contracts.envelope import Message

# Where to read on: per log and partition what the log calls a place in it.
Place = tuple[str, int]


class SourceUnavailable(Exception):
    """The source or what leads to it does not answer; try again later."""


class OtherGeneration(SourceUnavailable):
    """The source's store was restored and tells another history than the one read so far."""


class Stuck(Exception):
    """The client has gone silent although there are events; only a new process helps."""


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """Something that is no event: what came, why it could not be read, and where it stood."""

    raw: bytes
    reason: str


Arrival = Message | Unreadable


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Arrivals in order, and where to read on once they are handled.

    `head` and `position` count in the log's own unit and are None where not known. `current`
    says that the source answered and had nothing beyond this batch.
    """

    arrivals: tuple[Arrival, ...] = ()
    after: Mapping[Place, str]
    position: int | None = None
    head: int | None = None
    current: bool = False


class Source(Protocol):
    """One way to another service's events. Belongs to one thread."""

    def resume(self, saved: Mapping[Place, str]) -> None:
        """Read on from the saved places; from the earliest event where none was saved."""

    def poll(self, wait: float) -> Batch:
        """The next events, waiting so many seconds for one; raises SourceUnavailable or Stuck."""

    def close(self) -> None:
        """Let go of connections."""


class Streams(Protocol):
    """Asks the source itself: for what is missing of a stream, and for what it is."""

    def stream(self, subject: str, from_version: int) -> list[Message]:
        """The stream's events from that version on, as many as came; or SourceUnavailable."""

    def generations(self) -> Mapping[UUID, int | None]:
        """All of its store's, and up to which position the events of each still stand.

        None stands for the present one. Raises SourceUnavailable.
        """

    def events(self) -> Iterator[Sequence[Arrival]]:
        """Page by page, all that there is now; raises SourceUnavailable."""

    def close(self) -> None:
        """Let go of connections."""
