"""Parked streams again, event by event and in order, as if they came now.

Part of the consumer, in whose thread and under whose lease it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol
from uuid import UUID

import structlog

from contracts.envelope import Message
from contracts.operations import ParkedOutcome
from eventkit.consuming.asking import Asking
from eventkit.consuming.claims import Claims
from eventkit.consuming.effects import Effects, Progress
from eventkit.consuming.inbox import Action, Inbox, Park
from eventkit.consuming.incoming import Arrival, Unreadable
from eventkit.consuming.singly import Singly, TimedOut
from eventkit.database import driver, session
from eventkit.parking.actions import Wish, record
from eventkit.parking.parked import RETRIED_BY_ITSELF, due, park, park_again, parked_events, unpark
from eventkit.unit import Kit

_log = structlog.get_logger(component="consumer")

# So long a step tries parked streams again, before it reads on.
SECONDS = 1.0


class Sorting(Protocol):
    """Makes an Inbox that knows these arrivals' streams; `again`: as if none of them was parked."""

    def __call__(self, arrivals: Sequence[Arrival], *, again: bool = False) -> Inbox: ...


@dataclass(frozen=True, kw_only=True)
class Hands:
    """What a consumer of `source` works with, for those who do parts of its work."""

    kit: Kit
    source: str
    effects: Effects
    singly: Singly
    claims: Claims
    asking: Asking
    sorting: Sorting
    renew: Callable[[int], None]


class Retries:
    """For one consumer; everything raises what is passing."""

    def __init__(self, hands: Hands) -> None:
        self._with = hands

    def step(self, epoch: int) -> None:
        """Try what is due, for a second or so."""
        started = monotonic()
        # A source that is away closes no gap.
        vain = () if self._with.asking.is_worthwhile else tuple(RETRIED_BY_ITSELF)
        with session(self._with.kit.engine) as connection:
            waiting = due(driver(connection), self._with.source, but=vain)
        for generation, stream in waiting:
            if monotonic() - started > SECONDS:
                break
            self.stream(generation, stream, epoch)

    def stream(self, generation: UUID, stream: str, epoch: int, wish: Wish | None = None) -> bool:
        """Handle a stream as far as it goes; whether its records say what became of the wish."""
        with session(self._with.kit.engine) as connection:
            events = parked_events(driver(connection), self._with.source, generation, stream)
        told = False
        for number, message in events:
            self._with.renew(epoch)
            mine = wish if wish is not None and wish.parked_id == number else None
            told = told or mine is not None
            if not self._event(number, message, epoch, mine):
                break
        return told

    def _event(self, number: int, message: Message, epoch: int, wish: Wish | None) -> bool:
        """False where the event must wait on."""
        actions = self._with.sorting([message], again=True).sort(message)
        failed = next((one for one in actions if isinstance(one, Park)), None)
        if failed is None:
            try:
                failed = self._with.singly.attempt(
                    message, lambda: self._handled(number, message, actions, epoch, wish)
                )
            except TimedOut as error:
                failed = Park(message, "timeout", str(error)[:500])
        if failed is None:
            return True
        self._failed(number, message, failed, epoch, wish)
        return isinstance(failed.arrival, Unreadable)

    def _handled(
        self,
        number: int,
        message: Message,
        actions: Sequence[Action],
        epoch: int,
        wish: Wish | None,
    ) -> None:
        kit, effects = self._with.kit, self._with.effects
        with effects.transaction(epoch, Progress(settled=(message.id,))) as connection:
            recorded = effects.carry_out(connection, actions, epoch)
            unpark(driver(connection), number)
            if wish is not None:
                done = wish.done(self._with.source, message, ParkedOutcome.DONE, events=1)
                recorded += record(kit, connection, wish, done)
        kit.tell(recorded)

    def _failed(
        self, number: int, message: Message, failed: Park, epoch: int, wish: Wish | None
    ) -> None:
        """Say why now; what turned out to be no event of its stream stands beside all streams."""
        kit, source, told = self._with.kit, self._with.source, []
        settled = (message.id,)
        with self._with.effects.transaction(epoch, Progress(settled=settled)) as connection:
            raw = driver(connection)
            if isinstance(failed.arrival, Unreadable):
                unpark(raw, number)
                park(raw, source, [failed])
            else:
                park_again(raw, number, failed)
            if wish is not None:
                done = wish.done(source, message, ParkedOutcome.WAITS, why=failed.reason)
                told = record(kit, connection, wish, done)
        self._with.claims.settled(settled)
        kit.tell(told)
        _log.error("parked_again", source=source, stream=message.subject, reason=failed.reason)
