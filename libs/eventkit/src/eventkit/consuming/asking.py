"""Asking a source for what is missing, without waiting for one that does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic
from typing import TypeVar
from uuid import UUID

from contracts.envelope import Message
from eventkit.consuming.incoming import Arrival, SourceUnavailable, Streams

Answer = TypeVar("Answer")

SHORTEST, LONGEST = 2.0, 120.0


class Asking:
    """Streams that are let alone for a while after one failure: two seconds, then twice as long."""

    def __init__(self, streams: Streams, now: Callable[[], float] = monotonic) -> None:
        self._streams = streams
        self._now = now
        self._pause = 0.0
        self._until = 0.0

    @property
    def is_worthwhile(self) -> bool:
        """Whether the source is asked at all."""
        return self._now() >= self._until

    def insist(self) -> None:
        """An operator wants to know: ask the next time, whatever was before."""
        self._until = 0.0

    def stream(self, subject: str, from_version: int) -> list[Message]:
        """The stream's events from that version on, as many as came; or SourceUnavailable."""
        return self._let(lambda: self._streams.stream(subject, from_version))

    def generations(self) -> Mapping[UUID, int | None]:
        """See Streams; or SourceUnavailable."""
        return self._let(self._streams.generations)

    def events(self) -> Iterator[Sequence[Arrival]]:
        """See Streams; raises SourceUnavailable."""
        return self._streams.events()

    def _let(self, ask: Callable[[], Answer]) -> Answer:
        if not self.is_worthwhile:
            raise SourceUnavailable("the source did not answer a moment ago, and was not asked")
        try:
            found = ask()
        except SourceUnavailable:
            self._pause = min(LONGEST, max(SHORTEST, 2 * self._pause))
            self._until = self._now() + self._pause
            raise
        self._pause = 0.0
        return found

    def close(self) -> None:
        """Let go of connections."""
        self._streams.close()
