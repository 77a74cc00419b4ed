"""Meetings of a network: `decide` names every command.

Pure: no I/O, no clock, no random ids. One meeting is one stream, so that capacity and life cycle
are decided in one place.
"""

from collections.abc import Sequence
from typing import assert_never

from contracts.events.meetings import MeetingEvent
from eventkit.domain import Aggregate
from meetings.domain.agenda import PublishAgenda, publish_agenda
from meetings.domain.erasure import (
    CertifyParticipantErasure,
    EraseParticipant,
    certify_participant_erasure,
    erase_participant,
)
from meetings.domain.history import evolve
from meetings.domain.lifecycle import (
    CancelMeeting,
    EndMeeting,
    PublishResults,
    StartMeeting,
    cancel,
    end,
    publish_results,
    start,
)
from meetings.domain.planning import (
    ChangeMode,
    PlaceMeeting,
    PlanMeeting,
    RecordMeeting,
    RescheduleMeeting,
    ScheduleMeeting,
    change_mode,
    place,
    plan,
    record,
    reschedule,
    schedule,
)
from meetings.domain.registration import (
    CheckInParticipant,
    CloseRegistration,
    OpenInvitations,
    RegisterParticipant,
    WithdrawParticipant,
    check_in,
    close_registration,
    open_invitations,
    register,
    withdraw,
)
from meetings.domain.results import (
    AnnounceAttendance,
    AnnounceNextMeeting,
    CountAttendance,
    ObserveTendencies,
    TellStories,
    WithdrawStory,
    announce_attendance,
    announce_next_meeting,
    count_attendance,
    observe_tendencies,
    tell_stories,
    withdraw_story,
)
from meetings.domain.state import Meeting

MeetingCommand = (
    PlanMeeting
    | RecordMeeting
    | ScheduleMeeting
    | RescheduleMeeting
    | ChangeMode
    | PlaceMeeting
    | PublishAgenda
    | OpenInvitations
    | CloseRegistration
    | RegisterParticipant
    | WithdrawParticipant
    | CheckInParticipant
    | EraseParticipant
    | CertifyParticipantErasure
    | StartMeeting
    | EndMeeting
    | AnnounceAttendance
    | CountAttendance
    | TellStories
    | WithdrawStory
    | ObserveTendencies
    | AnnounceNextMeeting
    | PublishResults
    | CancelMeeting
)


def decide(meeting: Meeting | None, command: MeetingCommand) -> list[MeetingEvent]:
    """What follows from a command; a Refusal where a rule says no."""
    return list(_decided(meeting, command))


# The table of contents of this service: two lines a command, long and not complicated.
def _decided(  # noqa: C901, PLR0911, PLR0912, PLR0915
    meeting: Meeting | None, command: MeetingCommand
) -> Sequence[MeetingEvent]:
    match command:
        case PlanMeeting():
            return plan(meeting, command)
        case RecordMeeting():
            return record(meeting, command)
        case ScheduleMeeting():
            return schedule(meeting, command)
        case RescheduleMeeting():
            return reschedule(meeting, command)
        case ChangeMode():
            return change_mode(meeting, command)
        case PlaceMeeting():
            return place(meeting, command)
        case PublishAgenda():
            return publish_agenda(meeting, command)
        case OpenInvitations():
            return open_invitations(meeting, command)
        case CloseRegistration():
            return close_registration(meeting, command)
        case RegisterParticipant():
            return register(meeting, command)
        case WithdrawParticipant():
            return withdraw(meeting, command)
        case CheckInParticipant():
            return check_in(meeting, command)
        case EraseParticipant():
            return erase_participant(meeting, command)
        case CertifyParticipantErasure():
            return certify_participant_erasure(meeting, command)
        case StartMeeting():
            return start(meeting, command)
        case EndMeeting():
            return end(meeting, command)
        case AnnounceAttendance():
            return announce_attendance(meeting, command)
        case CountAttendance():
            return count_attendance(meeting, command)
        case TellStories():
            return tell_stories(meeting, command)
        case WithdrawStory():
            return withdraw_story(meeting, command)
        case ObserveTendencies():
            return observe_tendencies(meeting, command)
        case AnnounceNextMeeting():
            return announce_next_meeting(meeting, command)
        case PublishResults():
            return publish_results(meeting, command)
        case CancelMeeting():
            return cancel(meeting, command)
    assert_never(command)


MEETING = Aggregate(name="meeting", decide=decide, evolve=evolve)
