"""Where a rebuild reads a read model's events from: the own store, or another service's feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from contracts.catalog import UnknownEvent
from contracts.codec import read
from contracts.envelope import Message
from eventkit.chain import check_page
from eventkit.consuming.effects import recorded_message
from eventkit.consuming.feed import PLACE, Feed, FeedReader
from eventkit.consuming.inbox import UNFIT, first_line
from eventkit.consuming.incoming import Arrival
from eventkit.parking.parked import passed_over
from eventkit.recorded import Recorded
from eventkit.store import Connection, Store
from eventkit.stored import Stored, recorded

BATCH = 1_000
_log = structlog.get_logger(component="rebuild")


@dataclass(frozen=True, kw_only=True)
class Page:
    """The next events; `is_last` when there was nothing beyond them. Positions are the origin's."""

    facts: list[Recorded[Any]]
    position: int
    head: int
    is_last: bool


class Origin(Protocol):
    """Gives events once, in order, page after page. Belongs to one rebuild.

    `place` says up to where the pages so far went, and `history` of whose events it is a place.
    """

    place: str
    history: str

    def resume(self, place: str) -> None:
        """Go on after a place that an origin of the same history named."""

    def page(self, connection: Connection) -> Page:
        """The next page of what is settled, on a connection in autocommit."""

    def rest(self, connection: Connection) -> Page:
        """The next page of all that can have changed the live table, which is locked now."""


class OwnEvents:
    """The service's own store; raises BrokenStream where somebody changed it past the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._position = 0
        self.place = "0"
        self.history = f"own {store.generation}"

    def resume(self, place: str) -> None:
        self.place = place
        self._position = int(place)

    def page(self, connection: Connection) -> Page:
        row = connection.execute("SELECT readable_position()").fetchone()
        page = self._store.read(connection, self._position, BATCH)
        return self._page(connection, page, int(row[0]) if row else 0)

    def rest(self, connection: Connection) -> Page:
        """Those beyond the mark as well: whoever appended a visible event has then changed the
        live table too, and whoever comes later will change the new one."""
        page = self._store.read_visible(connection, self._position, BATCH)
        return self._page(connection, page, self._position)

    def _page(self, connection: Connection, page: list[Stored], head: int) -> Page:
        check_page(connection, self._store.digest, page)
        facts = [recorded(one) for one in page]
        if facts:
            self._position = facts[-1].position
            self.place = str(self._position)
        last = len(facts) < BATCH
        return Page(facts=facts, position=self._position, head=head, is_last=last)


class ForeignEvents:
    """Another service's feed, from its first event on; raises SourceUnavailable.

    The consumer may be behind the feed, or ahead of the last page: rows never go back, so the
    events that it handles later change nothing. What can't be read is parked there; here it is
    passed over and logged. What operators had passed over there is passed over here as well.
    """

    def __init__(self, source: str, feed: Feed) -> None:
        self._source = source
        self._reader = FeedReader(feed)
        self.place = ""
        self.history = source

    def resume(self, place: str) -> None:
        self.place = place
        self._reader.resume({PLACE: place} if place else {})

    def page(self, connection: Connection) -> Page:
        batch = self._reader.poll(0)
        self.place = batch.after[PLACE]
        skipped = passed_over(connection, self._source) if batch.arrivals else set()
        wanted = [one for one in batch.arrivals if _identity(one) not in skipped]
        facts = [fact for one in wanted if (fact := self._fact(one)) is not None]
        return Page(
            facts=facts,
            position=batch.position or 0,
            head=batch.head or 0,
            is_last=not batch.arrivals,
        )

    # A consumer has read what it applied from the same log, so the log's end is enough.
    rest = page

    def _fact(self, arrival: Arrival) -> Recorded[Any] | None:
        if not isinstance(arrival, Message):
            _log.warning("unreadable", source=self._source, reason=arrival.reason)
            return None
        try:
            event = read(arrival.type, arrival.data)
        except UnknownEvent:
            return None
        except UNFIT as error:
            _log.warning("unreadable", subject=arrival.subject, reason=first_line(error))
            return None
        return recorded_message(arrival, event, self._source)


def _identity(arrival: Arrival) -> tuple[str, int] | None:
    return (arrival.subject, arrival.version) if isinstance(arrival, Message) else None
