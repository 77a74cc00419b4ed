"""The day itself and what follows: start, end, documentation, or that it never takes place."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.meetings import (
    MeetingCancelled,
    MeetingEnded,
    MeetingStarted,
    ResultsPublished,
)
from eventkit.domain import Invalid
from meetings.domain.phases import Action
from meetings.domain.state import Meeting, known


@dataclass(frozen=True, kw_only=True)
class StartMeeting:
    """Say that the meeting runs, and since when."""

    meeting_id: UUID
    started_at: datetime
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class EndMeeting:
    """Say that the meeting is over, and since when; the end may lie after the planned one."""

    meeting_id: UUID
    ended_at: datetime
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class PublishResults:
    """Complete the documentation: dated, and authored by a role."""

    meeting_id: UUID
    documented_at: datetime
    author_role: str
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class CancelMeeting:
    """Call the meeting off."""

    meeting_id: UUID
    reason: str


def start(meeting: Meeting | None, command: StartMeeting) -> list[MeetingStarted]:
    known(meeting, Action.START)
    _must_have_happened(command.started_at, command.requested_at, "/started_at")
    return [MeetingStarted(meeting_id=command.meeting_id, started_at=command.started_at)]


def end(meeting: Meeting | None, command: EndMeeting) -> list[MeetingEnded]:
    started_at = known(meeting, Action.END).started_at
    _must_have_happened(command.ended_at, command.requested_at, "/ended_at")
    if started_at is not None and command.ended_at < started_at:
        raise Invalid("bad-period", "A meeting ends after it started.", pointer="/ended_at")
    return [MeetingEnded(meeting_id=command.meeting_id, ended_at=command.ended_at)]


def publish_results(meeting: Meeting | None, command: PublishResults) -> list[ResultsPublished]:
    present = known(meeting, Action.PUBLISH_RESULTS)
    _must_have_happened(command.documented_at, command.requested_at, "/documented_at")
    began = present.started_at or present.starts_at
    if began is not None and command.documented_at < began:
        raise Invalid(
            "documented-too-early",
            "A meeting is documented after it was held.",
            pointer="/documented_at",
        )
    return [
        ResultsPublished(
            meeting_id=command.meeting_id,
            documented_at=command.documented_at,
            author_role=command.author_role,
        )
    ]


def cancel(meeting: Meeting | None, command: CancelMeeting) -> list[MeetingCancelled]:
    known(meeting, Action.CANCEL)
    return [MeetingCancelled(meeting_id=command.meeting_id, reason=command.reason)]


def _must_have_happened(time: datetime, requested_at: datetime, pointer: str) -> None:
    if time > requested_at:
        raise Invalid("in-the-future", "This has not happened yet.", pointer=pointer)
