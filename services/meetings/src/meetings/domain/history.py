"""What each fact leaves behind for later decisions about its meeting."""

from collections.abc import Mapping
from dataclasses import replace
from typing import assert_never
from uuid import UUID

from contracts.events.agenda import (
    AgendaPublished,
)
from contracts.events.meetings import (
    InvitationsOpened,
    MeetingCancelled,
    MeetingEnded,
    MeetingEvent,
    MeetingModeChanged,
    MeetingPlaced,
    MeetingPlanned,
    MeetingRecorded,
    MeetingRescheduled,
    MeetingScheduled,
    MeetingStarted,
    ParticipantCheckedIn,
    ParticipantPromoted,
    ParticipantRegistered,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
    RegistrationClosed,
    ResultsPublished,
)
from contracts.events.participants import ParticipantErased, ParticipantErasureCertified
from contracts.events.results import (
    AttendanceAnnounced,
    AttendanceCounted,
    NextMeetingAnnounced,
    StoryTold,
    StoryWithdrawn,
    TendencyObserved,
)
from meetings.domain.phases import Phase
from meetings.domain.state import Meeting, Place, Standing

PlaceEvent = (
    ParticipantRegistered
    | ParticipantWaitlisted
    | ParticipantPromoted
    | ParticipantWithdrawn
    | ParticipantCheckedIn
)


def evolve(meeting: Meeting | None, event: MeetingEvent) -> Meeting:
    """Fold one fact; every stream begins with a planned or a recorded meeting."""
    return _begun(event) if meeting is None else _after(meeting, event)


def _begun(event: MeetingEvent) -> Meeting:
    match event:
        case MeetingPlanned(meeting_id=meeting_id, mode=mode):
            return Meeting(meeting_id=meeting_id, phase=Phase.IDEA, mode=mode)
        case MeetingRecorded():
            return Meeting(
                meeting_id=event.meeting_id,
                phase=Phase.HELD,
                recorded_afterwards=True,
                starts_at=event.starts_at,
                ends_at=event.ends_at,
            )
    raise LookupError(f"{type(event).__name__} stands before its meeting was planned.")


# One line a fact: the table of what later decisions remember is long, not complicated.
def _after(meeting: Meeting, event: MeetingEvent) -> Meeting:  # noqa: C901, PLR0911, PLR0912
    match event:
        case MeetingPlanned() | MeetingRecorded():
            raise LookupError(f"{meeting.meeting_id} begins twice.")
        case (
            MeetingScheduled(starts_at=start, ends_at=end)
            | MeetingRescheduled(starts_at=start, ends_at=end)
        ):
            return replace(meeting, phase=Phase.SCHEDULED, starts_at=start, ends_at=end)
        case MeetingModeChanged(mode=mode):
            return replace(meeting, mode=mode)
        case AgendaPublished(items=items, revision=revision):
            return replace(meeting, agenda=items, agenda_revision=revision)
        case InvitationsOpened(capacity=capacity):
            return replace(meeting, phase=Phase.OPEN, capacity=capacity)
        case RegistrationClosed():
            return replace(meeting, phase=Phase.CLOSED)
        case MeetingStarted(started_at=started_at):
            return replace(meeting, phase=Phase.RUNNING, started_at=started_at)
        case MeetingEnded():
            return replace(meeting, phase=Phase.HELD)
        case ResultsPublished():
            return replace(meeting, phase=Phase.DOCUMENTED)
        case MeetingCancelled():
            return replace(meeting, phase=Phase.CANCELLED)
        case (
            ParticipantRegistered()
            | ParticipantWaitlisted()
            | ParticipantPromoted()
            | ParticipantWithdrawn()
            | ParticipantCheckedIn()
        ):
            return _moved(meeting, event)
        case ParticipantErased(participant_id=who):
            return replace(
                meeting, erased=meeting.erased | {who}, certified=meeting.certified - {who}
            )
        case ParticipantErasureCertified(participant_id=who):
            return replace(meeting, certified=meeting.certified | {who})
        case StoryTold(story_id=story_id):
            return replace(meeting, stories=meeting.stories | {story_id})
        case StoryWithdrawn(story_id=story_id):
            return replace(meeting, stories=meeting.stories - {story_id})
        case (
            MeetingPlaced()
            | AttendanceAnnounced()
            | AttendanceCounted()
            | TendencyObserved()
            | NextMeetingAnnounced()
        ):
            return meeting
    assert_never(event)


def _moved(meeting: Meeting, event: PlaceEvent) -> Meeting:
    """Who gives a place back is remembered, and who registers anew has one again."""
    who, former = event.participant_id, meeting.former
    if isinstance(event, ParticipantWithdrawn):
        former = {**former, who: meeting.places[who]}
    elif who in former:
        former = {other: place for other, place in former.items() if other != who}
    return replace(meeting, places=_places(meeting.places, event), former=former)


def _places(places: Mapping[UUID, Place], event: PlaceEvent) -> Mapping[UUID, Place]:
    who = event.participant_id
    match event:
        case ParticipantRegistered(contact_id=contact_id, party=party):
            new = Place(standing=Standing.REGISTERED, contact_id=contact_id, party=party)
            return {**places, who: new}
        case ParticipantWaitlisted(contact_id=contact_id, party=party):
            new = Place(standing=Standing.WAITLISTED, contact_id=contact_id, party=party)
            return {**places, who: new}
        case ParticipantPromoted():
            return {**places, who: replace(places[who], standing=Standing.REGISTERED)}
        case ParticipantCheckedIn():
            return {**places, who: replace(places[who], standing=Standing.ATTENDED)}
        case ParticipantWithdrawn():
            return {other: place for other, place in places.items() if other != who}
    assert_never(event)
