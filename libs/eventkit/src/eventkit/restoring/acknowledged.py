"""An operator has seen what a source lost: told by an event, after which no alarm is left."""

from __future__ import annotations

from typing import LiteralString
from uuid import uuid4

from contracts.operations import LostEventsAcknowledged
from eventkit.consuming.lost import LOST
from eventkit.database import driver
from eventkit.domain import Aggregate
from eventkit.recorded import Context
from eventkit.unit import Kit

# S608: built from constants alone.
_ACKNOWLEDGE: LiteralString = (
    "UPDATE lost_events SET acknowledged_at = clock_timestamp()"  # noqa: S608
    " WHERE source = %(source)s AND acknowledged_at IS NULL"
    f" AND event_id IN (SELECT l.event_id {LOST})"
)


def acknowledge(kit: Kit, source: str, reason: str, context: Context) -> int:
    """Say so of all that is known by now, in one transaction; how many events that were.

    Nothing is told where there are none. Raises what an append raises.
    """
    with kit.unit(context) as unit:
        events = driver(unit.sql).execute(_ACKNOWLEDGE, {"source": source}).rowcount
        if not events:
            return 0
        number = uuid4()
        told = LostEventsAcknowledged(
            acknowledgement_id=number, source=source, events=events, reason=reason
        )
        unit.execute(LOST_ACKNOWLEDGEMENT, number, told)
    return events


def _decide(_: str | None, command: LostEventsAcknowledged) -> list[LostEventsAcknowledged]:
    return [command]


def _evolve(_: str | None, __: LostEventsAcknowledged) -> str:
    return "acknowledged"


LOST_ACKNOWLEDGEMENT: Aggregate[str, LostEventsAcknowledged, LostEventsAcknowledged] = Aggregate(
    name="lost_acknowledgement", decide=_decide, evolve=_evolve
)
