"""The consumer: another service's events, each with its effect exactly once (decision 0004)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from eventkit.consuming.asking import Asking
from eventkit.consuming.claims import BATCH, Claims, ran_into_timeout
from eventkit.consuming.effects import Effects, Progress
from eventkit.consuming.following import Following
from eventkit.consuming.inbox import Action, Handle, Inbox, Lost, Park, known
from eventkit.consuming.incoming import Arrival, Batch, OtherGeneration, Place, Source, Streams
from eventkit.consuming.lost import tell_lost
from eventkit.consuming.singly import Singly
from eventkit.crash_points import reach
from eventkit.database import Unavailable, driver, session
from eventkit.lease import Fenced, Lease
from eventkit.logs import crash
from eventkit.parking.acts import Acts
from eventkit.parking.retries import Hands, Retries
from eventkit.passing import PASSING
from eventkit.unit import Kit

if TYPE_CHECKING:
    from eventkit.service import Subscription

_log = structlog.get_logger(component="consumer")

WAIT = 2.0
NOTED_EVERY = 1.0


class Consumer:
    """One of any number of consumers of a source; only the one with the lease reads."""

    def __init__(
        self,
        kit: Kit,
        subscription: Subscription,
        source: Source,
        streams: Streams,
        *,
        lease: Lease | None = None,
        wait: float = WAIT,
    ) -> None:
        self.name = subscription.source
        self._kit = kit
        self._source = source
        self._streams = Asking(streams)
        self._effects = Effects(kit, subscription, self._renew)
        self._claims = Claims(kit.engine, subscription.source)
        most = kit.settings.failures_before_parking
        self._singly = Singly(self._effects, self._claims, self._renew, most)
        hands = Hands(
            kit=kit,
            source=subscription.source,
            effects=self._effects,
            singly=self._singly,
            claims=self._claims,
            asking=self._streams,
            sorting=self._inbox,
            renew=self._renew,
        )
        self._retries = Retries(hands)
        self._acts = Acts(hands, self._retries)
        self._following = Following(kit, subscription, self._streams, self._renew)
        self._lease = lease or Lease("consumers", subscription.source)
        self._wait = wait
        self._epoch: int | None = None
        self._worked: int | None = None
        self._generation: UUID | None = None
        self._origin: str | None = None
        self._is_careful = False
        self._is_orderly = True
        self._after: dict[Place, str] = {}
        self._noted = 0.0

    def step(self) -> bool:
        """Read and handle the next batch; False when there was none or another consumer works.

        Raises Unavailable or SourceUnavailable (try again later) and Stuck (end the process).
        """
        try:
            return self._step()
        except Fenced:
            _log.warning("fenced", source=self.name)
            self._lease.lost()
            self._epoch = None
            return False
        except BaseException as error:
            # What was read and not committed must be read again.
            self._epoch = None
            self._is_orderly = isinstance(error, PASSING)
            raise

    def close(self) -> None:
        """Hand the lease over and let go of the source."""
        self._source.close()
        self._streams.close()
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            # Under a later epoch the claims may be somebody's who died over them meanwhile.
            is_in_flight = self._is_orderly and self._claims.are_open()
            if is_in_flight and self._lease.hold(raw) == self._worked:
                self._claims.give_back(raw)
            self._lease.release(raw)

    def _step(self) -> bool:
        epoch = self._hold()
        if epoch is None:
            return False
        if self._is_elsewhere(epoch):
            return True
        self._acts.step(epoch, self._generation)
        self._retries.step(epoch)
        batch = self._poll(epoch)
        if batch is None:
            return True
        if batch.arrivals:
            reach("consumer.fetched")
        if batch.arrivals or self._is_news(batch):
            self._handle(batch, epoch)
        return bool(batch.arrivals)

    def _poll(self, epoch: int) -> Batch | None:
        """The next batch; None where the source was in another generation."""
        try:
            batch = self._source.poll(self._wait)
        except OtherGeneration:
            if self._is_elsewhere(epoch, now=True):
                return None
            raise
        if not self._following.knows(batch.arrivals) and self._is_elsewhere(epoch, now=True):
            return None
        return batch

    def _is_elsewhere(self, epoch: int, *, now: bool = False) -> bool:
        """Whether the source was in another generation; all that it has is read again then."""
        is_elsewhere = self._following.look(epoch, now=now)
        if is_elsewhere:
            self._epoch = None
        elif self._following.line is not None:
            self._generation = self._following.line.present
        return is_elsewhere

    def _hold(self) -> int | None:
        with session(self._kit.engine) as connection:
            raw = driver(connection)
            epoch = self._lease.hold(raw)
            if epoch is not None and epoch != self._epoch:
                query = "SELECT generation, origin FROM consumers WHERE name = %s"
                row = raw.execute(query, (self.name,)).fetchone()
                self._generation, self._origin = row or (None, None)
                self._following.load(raw)
                self._is_careful = self._claims.were_left(raw)
                self._after = self._effects.places(raw)
                self._source.resume(self._after)
            if epoch is not None and epoch != self._worked:
                self._claims.disown()
                self._worked = epoch
            self._epoch = epoch
        return epoch

    def _is_news(self, batch: Batch) -> bool:
        return batch.after != self._after or monotonic() - self._noted >= NOTED_EVERY

    def _handle(self, batch: Batch, epoch: int) -> None:
        inbox = self._inbox(batch.arrivals)
        actions = [action for arrival in batch.arrivals for action in inbox.sort(arrival)]
        moved = {place: at for place, at in batch.after.items() if self._after.get(place) != at}
        progress = Progress(
            generation=inbox.generation,
            origin=inbox.origin,
            batch=replace(batch, after=moved),
            settled=(BATCH,) if batch.arrivals else (),
        )
        self._carry_out(actions, epoch, progress)
        self._after |= moved
        self._generation, self._origin = inbox.generation, inbox.origin
        self._noted = monotonic()
        _alarm(self.name, actions)

    def _carry_out(self, actions: Sequence[Action], epoch: int, progress: Progress) -> None:
        """All at once; or, where that failed or the batch before ended a process, one by one."""
        if self._is_careful or not self._at_once(actions, epoch, progress):
            self._singly.carry_out(actions, epoch, progress.generation)
            self._effects.commit((), epoch, progress)
            self._is_careful = self._is_careful and not progress.settled
        self._claims.settled(progress.settled)

    def _at_once(self, actions: Sequence[Action], epoch: int, progress: Progress) -> bool:
        """False where one of the events can't be handled, or takes too long."""
        if any(isinstance(action, Handle) for action in actions):
            self._claims.take()
        try:
            self._effects.commit(actions, epoch, progress)
        except PASSING as error:
            if not isinstance(error, Unavailable) or not ran_into_timeout(error):
                raise
            _log.warning("one_by_one", source=self.name, **crash(error))
        except Exception as error:
            _log.warning("one_by_one", source=self.name, **crash(error))
        else:
            return True
        return False

    def _inbox(self, arrivals: Sequence[Arrival], *, again: bool = False) -> Inbox:
        with session(self._kit.engine) as connection:
            found = known(driver(connection), self.name, self._generation, arrivals)
        if again:
            found.parked.clear()
        line = self._following.line
        return Inbox(self._generation, found, self._streams.stream, self._origin, line)

    def _renew(self, epoch: int) -> None:
        """Keep the lease during long work; over a connection of its own, so that it is seen."""
        if not self._lease.is_due():
            return
        with session(self._kit.engine) as connection:
            if self._lease.hold(driver(connection)) != epoch:
                raise Fenced


def _alarm(source: str, actions: Sequence[Action]) -> None:
    """Tell of each arrival that starts a wait; those behind it are told by the metric."""
    tell_lost(source, [action.arrival.id for action in actions if isinstance(action, Lost)])
    for action in actions:
        if isinstance(action, Park) and action.reason != "waiting":
            stream = getattr(action.arrival, "subject", None)
            version = getattr(action.arrival, "version", None)
            told = {"reason": action.reason, "stream": stream, "version": version}
            _log.error("parked", source=source, **told)
