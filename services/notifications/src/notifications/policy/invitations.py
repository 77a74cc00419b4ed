"""When something happened that people must hear of, request the mails that are outstanding.

The two sources know no order between one another: a contact may become known after the meeting
that invites it. So each fact, of either source, asks anew who has not been told yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contracts.events.meetings import (
    InvitationsOpened,
    MeetingCancelled,
    MeetingModeChanged,
    MeetingPlaced,
    MeetingRescheduled,
    ParticipantPromoted,
    ParticipantRegistered,
    ParticipantWithdrawn,
)
from contracts.events.notifications import Channel, Notice
from contracts.events.registry import (
    ContactAppointed,
    ContactChanged,
    ParticipationAccepted,
    SeatFilled,
)
from eventkit.recorded import Recorded
from eventkit.unit import Unit
from notifications.domain.delivery import DELIVERY, RequestDelivery
from notifications.domain.notices import Meeting, Recipient, Told, delivery_id, outstanding
from notifications.policy.people import meeting_of, open_meetings, people_of
from notifications.projection.meetings import meetings

# One at a time: of two facts that need each other, the later transaction sees both.
_TURN = 20_052_101


def tell_people(unit: Unit, recorded: Recorded[Any]) -> None:
    """Request what is outstanding for every meeting that the event may concern."""
    match recorded.event:
        case (
            InvitationsOpened()
            | MeetingRescheduled()
            | MeetingModeChanged()
            | MeetingPlaced()
            | MeetingCancelled()
            | ParticipantRegistered()
            | ParticipantPromoted()
            | ParticipantWithdrawn()
        ):
            _wait_for_turn(unit)
            _tell(unit, recorded, [recorded.event.meeting_id])
        case ParticipationAccepted() | ContactAppointed() | ContactChanged() | SeatFilled():
            _wait_for_turn(unit)
            _tell(unit, recorded, open_meetings(unit.sql))


def _wait_for_turn(unit: Unit) -> None:
    unit.sql.execute(sa.select(sa.func.pg_advisory_xact_lock(_TURN)))


def _tell(unit: Unit, recorded: Recorded[Any], meeting_ids: Iterable[UUID]) -> None:
    query = sa.select(meetings, sa.func.now().label("now"))
    for row in unit.sql.execute(query.where(meetings.c.meeting_id.in_(meeting_ids))).mappings():
        meeting, people = meeting_of(row), people_of(unit.sql, row)
        requests = [
            _request(recorded, meeting, to, notice, people.told.get(to))
            for to, notice in outstanding(meeting, people, row["now"])
        ]
        unit.execute_all(DELIVERY, [(request.delivery_id, request) for request in requests])


def _request(
    recorded: Recorded[Any], meeting: Meeting, to: Recipient, notice: Notice, told: Told | None
) -> RequestDelivery:
    return RequestDelivery(
        delivery_id=delivery_id(meeting, to, notice, told.withdrawals if told else 0),
        channel=Channel.MAIL,
        notice=notice,
        recipient_kind=to.kind,
        recipient_id=to.id,
        cause_id=recorded.event_id,
        cause_type=recorded.type,
        meeting_id=meeting.meeting_id,
        sequence=meeting.sequence,
    )
