"""The client's side of the feed: another service's events over HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import httpx

from contracts.envelope import Malformed, Message, from_structured, split_batch
from eventkit.consuming.incoming import (
    Arrival,
    Batch,
    OtherGeneration,
    Place,
    SourceUnavailable,
    Unreadable,
)
from eventkit.cursors import Cursor, parse

# The log's name among saved places; a feed has one partition.
PLACE: Place = ("feed", 0)
PAGE = 200
# The server may answer at once although it was asked to wait.
PAUSE = 0.2


class Feed:
    """Asks one service's feed; shared by threads. `client` adds address and token."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def ask(self, wait: float = 0, path: str = "/events", **filters: object) -> httpx.Response:
        """One answer with status 200; raises SourceUnavailable, OtherGeneration."""
        try:
            answer = self._client.get(path, params=_text(filters), timeout=wait + 10)
        except httpx.HTTPError as error:
            raise SourceUnavailable(f"{type(error).__name__}: {error}") from error
        return _checked(answer)

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def stream(self, subject: str, from_version: int) -> list[Message]:
        """The stream's events from that version on, as many as came; or SourceUnavailable."""
        found: list[Message] = []
        while True:
            answer = self.ask(subject=subject, fromVersion=from_version, limit=PAGE)
            page = [one for one in arrivals(answer) if isinstance(one, Message)]
            found += page
            if len(page) < PAGE:
                return found
            from_version = page[-1].version + 1

    def generations(self) -> dict[UUID, int | None]:
        """Its store's generations, and up to where each stands; raises SourceUnavailable."""
        answer = self.ask(path="/events/generations")
        try:
            return {UUID(one["generation"]): one["ended_at"] for one in answer.json()["items"]}
        except (ValueError, LookupError, TypeError) as error:
            raise SourceUnavailable("the source does not say its generations") from error

    def events(self) -> Iterator[tuple[Arrival, ...]]:
        """All events there are, page by page; raises SourceUnavailable where one is held back."""
        reader = FeedReader(self)
        is_read = False
        while not is_read:
            batch = reader.poll(0)
            yield batch.arrivals
            is_read = batch.current
            if not (batch.arrivals or is_read):
                raise SourceUnavailable("the feed holds events back")


class FeedReader:
    """Reads the whole feed on and on, from a cursor that its user keeps."""

    def __init__(self, feed: Feed, *, page: int = PAGE) -> None:
        self._feed = feed
        self._page = page
        self._cursor: str | None = None

    def resume(self, saved: Mapping[Place, str]) -> None:
        """Read on from the saved cursor; without one, from the first event."""
        self._cursor = saved.get(PLACE)

    def poll(self, wait: float) -> Batch:
        """The next events, waiting for one; raises SourceUnavailable."""
        asked = monotonic()
        timeout = int(wait * 1000)
        answer = self._feed.ask(wait, lastEventId=self._cursor, timeout=timeout, limit=self._page)
        came = tuple(arrivals(answer))
        self._cursor = _next(answer)
        if not came:
            sleep(max(0.0, min(PAUSE, wait) - (monotonic() - asked)))
        position = _position(self._cursor)
        head = max(position, int(answer.headers.get("Feed-Head", position)))
        return Batch(
            arrivals=came,
            after={PLACE: self._cursor},
            position=position,
            head=head,
            current=len(came) < self._page and position == head,
        )

    def close(self) -> None:
        """Let go of connections."""
        self._feed.close()


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.status_code == HTTPStatus.CONFLICT:
        raise OtherGeneration("the source's store has begun another generation")
    if answer.status_code == HTTPStatus.BAD_REQUEST and "unknown-cursor" in answer.text:
        raise OtherGeneration("the source's store does not know the place that was read up to")
    if answer.status_code != HTTPStatus.OK:
        raise SourceUnavailable(f"the feed answered {answer.status_code}")
    return answer


def arrivals(answer: httpx.Response) -> list[Arrival]:
    """The events of one answer; raises SourceUnavailable when it is no batch."""
    try:
        return [_arrival(raw) for raw in split_batch(answer.content)]
    except Malformed as error:
        raise SourceUnavailable(f"the feed answered no batch: {error}") from error


def _arrival(raw: bytes) -> Arrival:
    try:
        return from_structured(raw)
    except Malformed as error:
        return Unreadable(raw=raw, reason=str(error))


def _next(answer: httpx.Response) -> str:
    try:
        return httpx.URL(answer.links["next"]["url"]).params["lastEventId"]
    except (KeyError, httpx.InvalidURL) as error:
        raise SourceUnavailable("the feed's answer names no next page") from error


def _position(cursor: str) -> int:
    try:
        place = parse(cursor)
    except ValueError as error:
        raise SourceUnavailable("the feed's answer names no cursor of ours") from error
    return place.position if isinstance(place, Cursor) else 0


def _text(filters: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in filters.items() if value is not None}
