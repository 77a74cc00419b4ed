"""The relay: stored events to the broker, in order and at least once (decision 0004).

The position moves only over events that the broker acknowledged, and only by the relay whose
epoch stands in the row. A relay that was overtaken publishes at most its last page again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from time import monotonic
from typing import Protocol
from uuid import UUID

import structlog

from contracts.envelope import Message
from eventkit.conflicts import StoreSuspect
from eventkit.crash_points import reach
from eventkit.database import driver, session
from eventkit.generations import Lineage, State, last_position, suspect
from eventkit.lease import Fenced, Lease
from eventkit.publication import is_known, messages
from eventkit.store import Connection
from eventkit.stored import Stored
from eventkit.unit import Kit

_log = structlog.get_logger(component="relay")

NAME = "kafka"
PAGE = 500
LOG_CHECKED_EVERY = 5.0
STAND_BACK = 30.0
NEVER = float("-inf")

_LOAD = "SELECT position, log, generation FROM relays WHERE name = %s AND epoch = %s"
_SAVE = (
    "UPDATE relays SET position = %s, log = %s, generation = %s"
    " WHERE name = %s AND epoch = %s AND position = %s AND log IS NOT DISTINCT FROM %s"
)


class BrokerUnavailable(Exception):
    """The broker did not acknowledge everything; nobody knows what of it was kept."""


class Publisher(Protocol):
    """Where the relay puts messages."""

    def log(self) -> str:
        """The topic's id: another topic of the same name has another one."""

    def tails(self) -> Sequence[Message]:
        """The last event of each partition, where that can be read; raises BrokerUnavailable."""

    def publish(self, page: Sequence[Message], log: str) -> None:
        """Return once everything is acknowledged; raises BrokerUnavailable.

        Nothing may get into a topic with another id than `log`; the events of a stream get there
        in order, and none after one that did not.
        """

    def close(self) -> None:
        """Let go of connections."""


@dataclass(frozen=True)
class _Place:
    epoch: int
    position: int
    log: str | None


class Relay:
    """One of any number of relays of a service; only the one with the lease publishes."""

    def __init__(self, kit: Kit, publisher: Publisher, *, source: str, lease: Lease | None = None):
        self._kit = kit
        self._publisher = publisher
        self._source = source
        self._lease = lease or Lease("relays", NAME)
        self._lineage = Lineage()
        self._generation: UUID | None = None
        self._place: _Place | None = None
        self._log_checked = NEVER
        self._stand_back_until = 0.0

    def step(self) -> bool:
        """Publish the next page; False when there was none or another relay works.

        Raises Unavailable or BrokerUnavailable, and the next step tries the same page again; and
        StoreSuspect, as long as the store may be older than the topic.
        """
        if monotonic() < self._stand_back_until:
            return False
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            try:
                place = self._current(raw)
                return place is not None and self._go_on(raw, place)
            except Fenced:
                _log.warning("fenced", relay=self._lease.name)
                self._place = None
                self._lease.lost()
                return False
            except BrokerUnavailable:
                self._log_checked = NEVER
                raise

    def close(self) -> None:
        """Hand the lease over and let go of the broker."""
        with session(self._kit.engine) as connection:
            self._lease.release(driver(connection))
        self._publisher.close()

    def _current(self, raw: Connection) -> _Place | None:
        epoch = self._lease.hold(raw)
        if epoch is None:
            self._place = None
            return None
        if self._place is None or self._place.epoch != epoch:
            self._place = self._load(raw, epoch)
        return self._same_log(raw, self._place)

    def _load(self, raw: Connection, epoch: int) -> _Place:
        self._log_checked = NEVER
        row = raw.execute(_LOAD, (self._lease.name, epoch)).fetchone()
        if row is None:
            raise Fenced
        position, log, generation = row
        state = self._lineage.look(raw)
        self._generation = state.generation
        end = state.line.ends.get(generation or state.generation, 0)
        if end is None:
            return _Place(epoch, position, log)
        # What stands above the fork is told again, as events of the present generation.
        _log.warning("new_generation", was=str(generation), now=str(state.generation), fork=end)
        return self._save(raw, _Place(epoch, position, log), _Place(epoch, min(position, end), log))

    def _go_on(self, raw: Connection, place: _Place) -> bool:
        state = self._lineage.look(raw)
        if state.suspicion is not None:
            raise StoreSuspect(state.suspicion)
        if state.generation != self._generation:
            self._place = None
            return True
        return self._publish_page(raw, place, state)

    def _same_log(self, raw: Connection, place: _Place) -> _Place:
        """A topic that was made anew has lost what it held: publish from the first event."""
        if monotonic() - self._log_checked < LOG_CHECKED_EVERY:
            return place
        found = self._publisher.log()
        self._log_checked = monotonic()
        if found == place.log:
            self._compare(raw)
            return place
        _log.warning("new_topic", was=place.log, now=found)
        return self._save(raw, place, _Place(place.epoch, 0, found))

    def _compare(self, raw: Connection) -> None:
        """A topic that is ahead of the store was filled from a store that lost its last events."""
        tails = self._publisher.tails()
        present = self._lineage.look(raw).generation
        ahead = max((one.position for one in tails if one.generation == present), default=0)
        if ahead > (last := last_position(raw)):
            why = f"the topic goes up to position {ahead}, the store up to {last}"
            if suspect(raw, present, why):
                _log.error("store_suspect", cause=why)

    def _publish_page(self, raw: Connection, place: _Place, state: State) -> bool:
        page = self._kit.store.read(raw, place.position, PAGE)
        known = list(takewhile(is_known, page))
        if not page:
            return False
        if not known:
            return self._stand_back(raw, page[0])
        reach("relay.read")
        # A store that was restored under this process has another place again: look first.
        found = raw.execute(_LOAD, (self._lease.name, place.epoch)).fetchone()
        if found != (place.position, place.log, self._generation):
            raise Fenced
        told = list(messages(known, self._source, state.at))
        assert place.log is not None  # noqa: S101  (it was looked at before)
        self._publisher.publish(told, place.log)
        reach("relay.after_ack")
        self._save(raw, place, _Place(place.epoch, known[-1].position, place.log))
        reach("relay.after_save")
        return True

    def _save(self, raw: Connection, old: _Place, new: _Place) -> _Place:
        values = (old.epoch, old.position, old.log)
        moved = (new.position, new.log, self._generation, self._lease.name)
        if raw.execute(_SAVE, (*moved, *values)).rowcount != 1:
            raise Fenced
        self._place = new
        return new

    def _stand_back(self, raw: Connection, unknown: Stored) -> bool:
        """Newer software wrote this event, so leave it to a relay of newer software."""
        _log.error("unknown_event", type=unknown.wire, position=unknown.position)
        self._place = None
        self._lease.release(raw)
        self._stand_back_until = monotonic() + STAND_BACK
        return False
