"""What operators want done about parked events: asked for here, carried out by the consumer.

Nobody but the consumer touches a stream, so a request is an event of the service's own store, and
what became of it another one in the consumer's transaction (decision 0015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contracts.catalog import UnknownEvent, newest
from contracts.envelope import Message
from contracts.operations import (
    ParkedAct,
    ParkedActionCarriedOut,
    ParkedActionEvent,
    ParkedActionRequested,
    ParkedOutcome,
    ParkedTarget,
)
from eventkit.domain import Aggregate, Conflict
from eventkit.parking.parked import ParkedEvent
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Context, Recorded
from eventkit.store import Connection
from eventkit.tables import PARKED_ACTIONS
from eventkit.unit import Kit, Unit

# What is refused, fails, times out or kills is the next event of its stream; of all else that is
# parked either the version was seen, or some before it are missing.
SKIPPABLE = frozenset({"refused", "newer", "handler", "crash", "timeout"})
AT_ONCE = 20
# Streams that one request may name.
MOST_TARGETS = 200

_OPEN = (
    "SELECT action_id, parked_id, act, reason, revision, actor, correlation_id, request_id"
    " FROM parked_actions WHERE source = %s AND outcome IS NULL"
    " ORDER BY asked_at, parked_id LIMIT %s"
)
_ACTS = (
    "SELECT asked_at, actor, act, parked_id, source, outcome, why, reason FROM parked_actions"
    " WHERE %s IN ('', source) ORDER BY asked_at DESC, action_id, parked_id LIMIT %s"
)
_PROGRESS = (
    "SELECT parked_id, outcome, why FROM parked_actions WHERE action_id = %s ORDER BY parked_id"
)


@dataclass(frozen=True)
class Act:
    """What somebody wanted done about one parked event, and what became of it (None: not yet)."""

    asked_at: datetime
    actor: str
    act: str
    parked_id: int
    source: str
    outcome: str | None
    why: str | None
    reason: str | None


@dataclass(frozen=True)
class Wish:
    """One act on one parked event; `revision` is the one that it was asked for, or None."""

    action_id: UUID
    parked_id: int
    act: str
    reason: str | None
    revision: int | None
    actor: str
    correlation_id: str
    request_id: UUID

    @property
    def context(self) -> Context:
        """The consumer acts for whoever asked."""
        return Context(
            actor=self.actor,
            correlation_id=self.correlation_id,
            causation_id=str(self.request_id),
        )

    def done(
        self,
        source: str,
        about: ParkedEvent | Message | None,
        outcome: ParkedOutcome,
        *,
        events: int = 0,
        why: str | None = None,
    ) -> ParkedActionCarriedOut:
        """What became of it."""
        return ParkedActionCarriedOut(
            action_id=self.action_id,
            parked_id=self.parked_id,
            outcome=outcome,
            source=source,
            events=events,
            why=why,
            **_identity(about),
        )


def record(
    kit: Kit, connection: sa.Connection, wish: Wish, done: ParkedActionCarriedOut
) -> list[Recorded[Any]]:
    """Append, in the transaction of the act, what became of the wish; to be told after it."""
    unit = Unit(kit, connection, wish.context)
    unit.execute(PARKED_ACTION, wish.action_id, done)
    return unit.recorded


def _identity(about: ParkedEvent | Message | None) -> dict[str, Any]:
    if about is None:
        return {}
    told: dict[str, Any] = {"version": about.version, "type": about.type}
    if isinstance(about, Message):
        return told | {"stream": about.subject, "event_id": about.id}
    return told | {"stream": about.stream, "event_id": about.event_id}


def open_wishes(raw: Connection, source: str) -> list[Wish]:
    """What was asked for and not carried out yet, the oldest first."""
    return [Wish(*row) for row in raw.execute(_OPEN, (source, AT_ONCE))]


def acts(raw: Connection, source: str | None, most: int) -> list[Act]:
    """What was asked for so far, the last first; about events of every source where it is None."""
    return [Act(*row) for row in raw.execute(_ACTS, (source or "", most))]


def progress(raw: Connection, action_id: UUID) -> list[tuple[int, str | None, str | None]]:
    """What became of each target: its number, the outcome (None: not yet), and why."""
    rows = raw.execute(_PROGRESS, (action_id,)).fetchall()
    return [(number, outcome, why) for number, outcome, why in rows]


def requested(
    action_id: UUID, act: ParkedAct, targets: Sequence[ParkedTarget], reason: str | None
) -> ParkedActionRequested:
    """The command, which is the event itself."""
    return ParkedActionRequested(
        action_id=action_id, act=act, targets=tuple(targets), reason=reason
    )


def check(act: ParkedAct, stream: str | None, reason: str, wire: str | None) -> None:
    """Raise Conflict where the act makes no sense for an event that is parked for this reason.

    Nobody may pass over that somebody was erased: the personal data would stay.
    """
    if reason == "waiting":
        raise Conflict("parked-behind", "It waits behind another event, which is to be dealt with.")
    if act is ParkedAct.DISCARD:
        return
    if stream is None:
        raise Conflict("parked-no-event", "This is no event of a stream; it can be discarded.")
    if act is ParkedAct.SKIP and reason not in SKIPPABLE:
        raise Conflict(
            "parked-not-next", "It is not the next event of its stream; it can be discarded."
        )
    if act is ParkedAct.SKIP and erases(wire):
        raise Conflict("parked-erasure", "It erases a person, and is never passed over.")


def erases(wire: str | None) -> bool:
    """Whether an event of this wire name, in whatever version, ends somebody's personal data."""
    try:
        return newest((wire or "").rpartition(".v")[0]).erases is not None
    except UnknownEvent:
        return False


def _decide(_: str | None, command: ParkedActionEvent) -> list[ParkedActionEvent]:
    return [command]


def _evolve(_: str | None, __: ParkedActionEvent) -> str:
    return "requested"


def _keys(recorded: Recorded[Any]) -> list[Key]:
    match recorded.event:
        case ParkedActionRequested(action_id=action, targets=targets):
            return [(action, one.parked_id) for one in targets]
        case ParkedActionCarriedOut(action_id=action, parked_id=number):
            return [(action, number)]
    return []


def _change(key: Key, row: Row | None, recorded: Recorded[Any]) -> Row | None:
    match recorded.event:
        case ParkedActionRequested() as asked:
            (target,) = [one for one in asked.targets if one.parked_id == key[1]]
            return {
                "action_id": key[0],
                "parked_id": key[1],
                "source": target.source,
                "act": str(asked.act),
                "reason": asked.reason,
                "revision": target.revision,
                "actor": recorded.metadata.actor,
                "correlation_id": recorded.metadata.correlation_id,
                "request_id": recorded.event_id,
                "asked_at": recorded.occurred_at,
            }
        case ParkedActionCarriedOut() as done if row is not None:
            told = {"outcome": str(done.outcome), "events": done.events, "why": done.why}
            return row | told | {"done_at": recorded.occurred_at}
    return row


PARKED_ACTION: Aggregate[str, ParkedActionEvent, ParkedActionEvent] = Aggregate(
    name="parked_action", decide=_decide, evolve=_evolve
)
PARKED_ACTION_ROWS = ReadModel(
    name="parked_actions", table=PARKED_ACTIONS, keys=_keys, change=_change
)
