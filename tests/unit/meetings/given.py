"""Meetings in every phase, as the events that led there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contracts.events.meetings import (
    InvitationsOpened,
    MeetingCancelled,
    MeetingEnded,
    MeetingEvent,
    MeetingKind,
    MeetingPlanned,
    MeetingRecorded,
    MeetingScheduled,
    MeetingStarted,
    Mode,
    ParticipantRegistered,
    ParticipantWaitlisted,
    RegistrationClosed,
    ResultsPublished,
    Side,
    TargetGroup,
    TargetKind,
)
from eventkit.domain import Conflict
from eventkit.testing import given
from meetings.domain.meeting import MEETING, MeetingCommand
from meetings.domain.phases import Phase

History = tuple[MeetingEvent, ...]

MEETING_ID = UUID(int=1)
COHORT_ID = UUID(int=2)
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
STARTS_AT = datetime(2026, 4, 16, 12, tzinfo=UTC)
ENDS_AT = STARTS_AT + timedelta(hours=3)
LATER = ENDS_AT + timedelta(days=1)
AUDIENCE = (TargetGroup(kind=TargetKind.COHORT, id=COHORT_ID),)

PLANNED = MeetingPlanned(
    meeting_id=MEETING_ID,
    kind=MeetingKind.NETWORK_MEETING,
    title="Netzwerktreffen",
    mode=Mode.IN_PERSON,
    vague_date="Frühjahr 2026",
)
SCHEDULED = MeetingScheduled(meeting_id=MEETING_ID, starts_at=STARTS_AT, ends_at=ENDS_AT)
INVITED = InvitationsOpened(meeting_id=MEETING_ID, audience=AUDIENCE, capacity=2)
STARTED = MeetingStarted(meeting_id=MEETING_ID, started_at=STARTS_AT)
ENDED = MeetingEnded(meeting_id=MEETING_ID, ended_at=ENDS_AT)
RECORDED = MeetingRecorded(
    meeting_id=MEETING_ID,
    kind=MeetingKind.NETWORK_MEETING,
    title="Netzwerktreffen",
    starts_at=datetime(2020, 10, 16, 12, tzinfo=UTC),
    ends_at=datetime(2020, 10, 16, 15, tzinfo=UTC),
    reason="Aus der Dokumentation übernommen",
)

IDEA: History = (PLANNED,)
FIXED: History = (*IDEA, SCHEDULED)
OPEN: History = (*FIXED, INVITED)
CLOSED: History = (*OPEN, RegistrationClosed(meeting_id=MEETING_ID))
RUNNING: History = (*OPEN, STARTED)
HELD: History = (*RUNNING, ENDED)
DOCUMENTED: History = (
    *HELD,
    ResultsPublished(meeting_id=MEETING_ID, documented_at=LATER, author_role="Projektbegleiter:in"),
)
CANCELLED: History = (*OPEN, MeetingCancelled(meeting_id=MEETING_ID, reason="Sturm"))
AFTERWARDS: History = (RECORDED,)

PHASES: dict[Phase, History] = {
    Phase.IDEA: IDEA,
    Phase.SCHEDULED: FIXED,
    Phase.OPEN: OPEN,
    Phase.CLOSED: CLOSED,
    Phase.RUNNING: RUNNING,
    Phase.HELD: HELD,
    Phase.DOCUMENTED: DOCUMENTED,
    Phase.CANCELLED: CANCELLED,
}


def decided(history: Sequence[MeetingEvent], command: MeetingCommand) -> list[MeetingEvent]:
    """What a command leads to after a history."""
    return given(MEETING, *history).when(command)


def possible_in(command: MeetingCommand) -> set[Phase]:
    """The phases in which a command that is right in itself is not refused."""
    return {phase for phase, history in PHASES.items() if _is_possible(history, command)}


def registered(number: int, contact_id: UUID | None = None) -> ParticipantRegistered:
    """Somebody with a place."""
    return ParticipantRegistered(
        meeting_id=MEETING_ID,
        participant_id=participant(number),
        side=Side.ADMINISTRATION,
        contact_id=contact_id,
    )


def waitlisted(number: int) -> ParticipantWaitlisted:
    """Somebody who waits for a place."""
    return ParticipantWaitlisted(
        meeting_id=MEETING_ID, participant_id=participant(number), side=Side.ADMINISTRATION
    )


def participant(number: int) -> UUID:
    """The id of the nth made-up participant."""
    return UUID(int=1000 + number)


def _is_possible(history: History, command: MeetingCommand) -> bool:
    try:
        decided(history, command)
    except Conflict:
        return False
    return True
