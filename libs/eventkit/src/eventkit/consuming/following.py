"""Which generations of its source a consumer knows, and what it does when another one begins."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from math import inf
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from contracts.envelope import Message
from eventkit.consuming.asking import Asking
from eventkit.consuming.carrying import Carrying
from eventkit.consuming.incoming import Arrival, SourceUnavailable
from eventkit.database import driver, session
from eventkit.generations import Line
from eventkit.lease import Fenced
from eventkit.store import Connection
from eventkit.unit import Kit

if TYPE_CHECKING:
    from eventkit.service import Subscription

_log = structlog.get_logger(component="consumer")

# A topic does not say by itself that a generation begins before the first event of it.
ASKED_EVERY = 30.0

_LOAD = "SELECT line, generation FROM consumers WHERE name = %s"
_SAVE = "UPDATE consumers SET line = %s WHERE name = %s AND epoch = %s"


class Following:
    """For one consumer, in its thread and under its lease; `line` is None until the source told."""

    def __init__(
        self, kit: Kit, subscription: Subscription, source: Asking, renew: Callable[[int], None]
    ) -> None:
        self.line: Line | None = None
        self._kit = kit
        self._name = subscription.source
        self._source = source
        self._carrying = Carrying(kit, subscription, renew)
        self._asked = -inf

    def load(self, raw: Connection) -> None:
        """What the last holder of the lease knew."""
        line, generation = raw.execute(_LOAD, (self._name,)).fetchone() or (None, None)
        known = {UUID(one): end for one, end in line.items()} if line else {}
        if generation is not None and not known:
            known = {generation: None}
        self.line = Line(known) if known else None
        self._asked = -inf

    def knows(self, arrivals: Iterable[Arrival]) -> bool:
        """Whether the generation of each event is a known one."""
        ends = self.line.ends if self.line else {}
        return all(one.generation in ends for one in arrivals if isinstance(one, Message))

    def look(self, epoch: int, *, now: bool = False) -> bool:
        """Ask the source now and then, or `now`; True when it was in another generation.

        Then what the source no longer has was taken out here, and everything is to be read again.
        Raises SourceUnavailable where nothing can be done before it answers.
        """
        is_due = monotonic() - self._asked >= ASKED_EVERY
        if not (now or is_due or self.line is None):
            return False
        try:
            found = self._source.generations()
        except SourceUnavailable:
            if now or self.line is None:
                raise
            return False
        finally:
            self._asked = monotonic()
        return self._follow(found, epoch)

    def _follow(self, found: Mapping[UUID, int | None], epoch: int) -> bool:
        old = self.line.ends if self.line else {}
        line = Line({**dict.fromkeys(old, 0), **found})
        if old and line.present != (was := Line(old).present):
            self._check(line.present, found, old)
            _log.warning("new_generation", source=self._name, was=str(was), now=str(line.present))
            self._carrying.carry_over(line, self._source.events(), epoch)
            self.line = line
            return True
        if line.ends != old:
            self._save(line, epoch)
        self.line = line
        return False

    def _check(self, present: UUID, found: Collection[UUID], old: Collection[UUID]) -> None:
        if present in old:
            raise SourceUnavailable(f"the source is in generation {present} again, which it left")
        if not set(found) & set(old):
            raise SourceUnavailable("the source is another store than the one that was followed")

    def _save(self, line: Line, epoch: int) -> None:
        with session(self._kit.engine) as connection:
            values = (line.as_json(), self._name, epoch)
            if driver(connection).execute(_SAVE, values).rowcount != 1:
                raise Fenced
