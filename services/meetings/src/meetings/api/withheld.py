"""Which fields of a meeting's events its history hides, as the meeting's own views do."""

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from contracts.events.meetings import (
    MeetingEvent,
    MeetingPlaced,
    ParticipantCheckedIn,
    ParticipantPromoted,
    ParticipantRegistered,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
)
from contracts.events.participants import ParticipantErased, ParticipantErasureCertified
from contracts.events.results import StoryTold, StoryWithdrawn
from eventkit.auth.principal import TIED, Principal
from eventkit.http.views import principal
from meetings.access import SEES_ALL, visible_to
from meetings.projection.calendar import calendar
from meetings.projection.registrations import registrations

_JUDGES_STORIES = frozenset({"organiser", "moderator"})
_OF_PARTICIPANTS = (
    "participant_id",
    "contact_id",
    "party",
    "side",
    "from_waiting_list",
    "reason",
    "parts",
)


def own_participants(caller: Principal) -> sa.ColumnElement[Any]:
    """Who of the meeting is visible to a caller that sees some; NULL where that is nobody."""
    if caller.role not in TIED:
        return sa.null()
    return (
        sa.select(sa.func.array_agg(registrations.c.participant_id))
        .where(registrations.c.meeting_id == calendar.c.meeting_id, visible_to(caller))
        .scalar_subquery()
    )


def of_meeting(today: Mapping[str, Any], event: MeetingEvent) -> Iterable[str]:
    """The way in, the people, and stories, which are told as long as nobody withdraws them."""
    match event:
        case MeetingPlaced():
            return () if today["may_enter"] else ("join_url", "access_hint")
        case StoryTold():
            return ("statement", "emphasis")
        case StoryWithdrawn():
            return () if principal().role in _JUDGES_STORIES else ("reason",)
        case (
            ParticipantRegistered(participant_id=who)
            | ParticipantWaitlisted(participant_id=who)
            | ParticipantPromoted(participant_id=who)
            | ParticipantWithdrawn(participant_id=who)
            | ParticipantCheckedIn(participant_id=who)
            | ParticipantErased(participant_id=who)
            | ParticipantErasureCertified(participant_id=who)
        ):
            seen = principal().role in SEES_ALL or who in (today["own_participants"] or ())
            return () if seen else _OF_PARTICIPANTS
    return ()
