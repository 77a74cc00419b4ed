"""An operator has seen what a source lost: told by an event, after which no alarm is left."""

from __future__ import annotations

from uuid import uuid4

from contracts.operations import LostEventsAcknowledged
from eventkit.consuming.lost import lost_events
from eventkit.database import driver
from eventkit.domain import Aggregate
from eventkit.recorded import Context
from eventkit.unit import Kit

_ACKNOWLEDGE = (
    "UPDATE lost_events SET acknowledged_at = clock_timestamp()"
    " WHERE source = %s AND event_id = ANY(%s)"
)


def acknowledge(kit: Kit, source: str, reason: str, context: Context) -> int:
    """Say so of all that is known by now, in one transaction; how many events that were.

    Nothing is told where there are none. Raises what an append raises.
    """
    with kit.unit(context) as unit:
        raw = driver(unit.sql)
        new = [
            one.event_id
            for one in lost_events(raw)
            if one.source == source and one.acknowledged_at is None
        ]
        if not new:
            return 0
        raw.execute(_ACKNOWLEDGE, (source, new))
        number = uuid4()
        told = LostEventsAcknowledged(
            acknowledgement_id=number, source=source, events=len(new), reason=reason
        )
        unit.execute(LOST_ACKNOWLEDGEMENT, number, told)
    return len(new)


def _decide(_: str | None, command: LostEventsAcknowledged) -> list[LostEventsAcknowledged]:
    return [command]


def _evolve(_: str | None, __: LostEventsAcknowledged) -> str:
    return "acknowledged"


LOST_ACKNOWLEDGEMENT: Aggregate[str, LostEventsAcknowledged, LostEventsAcknowledged] = Aggregate(
    name="lost_acknowledgement", decide=_decide, evolve=_evolve
)
