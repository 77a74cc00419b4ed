"""Events one by one, each under a claim of its own: to find the one that fails, times out or kills.

After a crash nobody knows which event of the batch it was, so the next batch goes this way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from contracts.envelope import Message
from eventkit.consuming.claims import Claims, alone, ran_into_timeout
from eventkit.consuming.effects import Effects, Progress
from eventkit.consuming.inbox import BEHIND, Action, Handle, Lost, Park, first_line
from eventkit.database import Unavailable
from eventkit.logs import crash
from eventkit.passing import PASSING

_log = structlog.get_logger(component="consumer")


class TimedOut(Unavailable):
    """Handling this event ran into the statement timeout, though the database is well."""


@dataclass
class _Pass:
    """What one pass over a batch learned of its streams."""

    parked: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)
    error: TimedOut | None = None


class Singly:
    """For one consumer. `most` is how often an event may fail alone before its stream is parked."""

    def __init__(
        self, effects: Effects, claims: Claims, renew: Callable[[int], None], most: int
    ) -> None:
        self._effects = effects
        self._claims = claims
        self._renew = renew
        self._most = most

    def carry_out(self, actions: Sequence[Action], epoch: int, generation: UUID | None) -> None:
        """Handle what can be handled and park the streams of the rest.

        Raises what is passing: TimedOut at the end, when all other streams went on, for an event
        that is to be tried again.
        """
        seen = _Pass()
        for action in actions:
            self._renew(epoch)
            self._action(action, epoch, generation, seen)
        if seen.error is not None:
            raise seen.error

    def _action(self, action: Action, epoch: int, generation: UUID | None, seen: _Pass) -> None:
        arrival = action.message if isinstance(action, Handle) else action.arrival
        stream = arrival.subject if isinstance(arrival, Message) else ""
        if stream in seen.late:
            return
        if isinstance(action, Park | Lost) or stream in seen.parked:
            waiting = Park(arrival, "waiting", BEHIND)
            todo = action if isinstance(action, Park | Lost) else waiting
            self._effects.commit([todo], epoch, Progress(generation=generation))
            return
        progress = Progress(generation=generation, settled=(action.message.id,))
        try:
            failed = self.attempt(
                action.message, lambda: self._effects.commit([action], epoch, progress)
            )
        except TimedOut as error:
            seen.late.add(stream)
            seen.error = error
            return
        if failed is not None:
            seen.parked.add(stream)
            self._effects.commit([failed], epoch, progress)
            self._claims.settled(progress.settled)

    def attempt(self, message: Message, handle: Callable[[], None]) -> Park | None:
        """Handle an event under its claim; why it can't be, or None. Raises what is passing.

        `handle` commits, and settles the claim by it; so must whoever stores the Park.
        """
        with alone():
            claim = self._claims.take(message.id)
            if claim.failures >= self._most:
                return Park(message, claim.reason, claim.detail)
            try:
                handle()
            except Unavailable as error:
                if ran_into_timeout(error) and self._claims.timed_out(message.id):
                    raise TimedOut(str(error)) from error
                raise
            except PASSING:
                raise
            except Exception as error:
                told = {"stream": message.subject, "type": message.type}
                _log.error("handler_failed", **told, **crash(error))
                return Park(message, "handler", first_line(error))
        self._claims.settled((message.id,))
        return None
