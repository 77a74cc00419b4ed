"""An operator has seen what a source lost: told by an event, after which no alarm is left."""

from __future__ import annotations

from datetime import datetime
from typing import LiteralString
from uuid import uuid4

from contracts.operations import LostEventsAcknowledged
from eventkit.consuming.lost import LOST
from eventkit.database import driver, session
from eventkit.domain import Aggregate
from eventkit.idempotency import Idempotency
from eventkit.recorded import Context
from eventkit.unit import Kit

_ACKNOWLEDGE: LiteralString = (
    "UPDATE lost_events SET acknowledged_at = clock_timestamp()"  # noqa: S608  (of constants alone)
    " WHERE source = %(source)s AND acknowledged_at IS NULL"
    " AND found_at <= coalesce(%(until)s::timestamptz, 'infinity')"
    f" AND event_id IN (SELECT l.event_id {LOST})"
)


def acknowledge(
    kit: Kit,
    source: str,
    reason: str,
    context: Context,
    *,
    until: datetime | None = None,
    known: Idempotency | None = None,
) -> LostEventsAcknowledged | None:
    """Say so of all that was found `until` then, or by now, in one transaction; gives its event.

    None where nobody had to: nothing was lost, or somebody said so before. Raises what an append
    raises.
    """
    with kit.unit(context) as unit:
        raw = driver(unit.sql)
        events = raw.execute(_ACKNOWLEDGE, {"source": source, "until": until}).rowcount
        if not events:
            return None
        number = uuid4()
        told = LostEventsAcknowledged(
            acknowledgement_id=number, source=source, events=events, reason=reason
        )
        pending = kit.decide(raw, LOST_ACKNOWLEDGEMENT, number, told, context, 0)
        unit.recorded += kit.write(raw, pending, known).recorded
    return told


def earlier(kit: Kit, known: Idempotency) -> LostEventsAcknowledged | None:
    """What a call with this key said before; raises KeyReused where it was another one."""
    written = kit.earlier(known)
    if written is None:
        return None
    with session(kit.engine) as connection:
        (told,) = kit.store.load_one(driver(connection), written.stream).events
    assert isinstance(told, LostEventsAcknowledged)  # noqa: S101  (for the types)
    return told


def _decide(_: str | None, command: LostEventsAcknowledged) -> list[LostEventsAcknowledged]:
    return [command]


def _evolve(_: str | None, __: LostEventsAcknowledged) -> str:
    return "acknowledged"


LOST_ACKNOWLEDGEMENT: Aggregate[str, LostEventsAcknowledged, LostEventsAcknowledged] = Aggregate(
    name="lost_acknowledgement", decide=_decide, evolve=_evolve
)
