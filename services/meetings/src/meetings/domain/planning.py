"""When, where and how people meet: from the vague idea to the date; history recorded afterwards."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.agenda import (
    AgendaPublished,
)
from contracts.events.meetings import (
    MeetingKind,
    MeetingModeChanged,
    MeetingPlaced,
    MeetingPlanned,
    MeetingRecorded,
    MeetingRescheduled,
    MeetingScheduled,
    Mode,
)
from eventkit.domain import Conflict, Invalid
from meetings.domain.agenda import moved
from meetings.domain.phases import Action
from meetings.domain.state import Meeting, known


@dataclass(frozen=True, kw_only=True)
class PlanMeeting:
    """Intend a meeting: with a vague date, with its time, or with neither yet."""

    meeting_id: UUID
    kind: MeetingKind
    title: str
    requested_at: datetime
    mode: Mode | None = None
    programme_id: UUID | None = None
    cohort_id: UUID | None = None
    host_ags: str | None = None
    vague_date: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class RecordMeeting:
    """Write a past meeting down as history; nobody is invited by it."""

    meeting_id: UUID
    kind: MeetingKind
    title: str
    starts_at: datetime
    reason: str
    requested_at: datetime
    ends_at: datetime | None = None
    mode: Mode | None = None
    mode_reason: str | None = None
    programme_id: UUID | None = None
    cohort_id: UUID | None = None
    host_ags: str | None = None


@dataclass(frozen=True, kw_only=True)
class ScheduleMeeting:
    """Give the idea its first date."""

    meeting_id: UUID
    starts_at: datetime
    ends_at: datetime
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class RescheduleMeeting:
    """Move the meeting; whom to invite to the new date is decided anew."""

    meeting_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str
    requested_at: datetime


@dataclass(frozen=True, kw_only=True)
class ChangeMode:
    """Meet in another way than planned, for a reason."""

    meeting_id: UUID
    mode: Mode
    reason: str


@dataclass(frozen=True, kw_only=True)
class PlaceMeeting:
    """Say where people meet and how they get in: the whole, as it is now."""

    meeting_id: UUID
    host_ags: str | None = None
    venue: str | None = None
    online_platform: str | None = None
    join_url: str | None = None
    access_hint: str | None = None


def plan(meeting: Meeting | None, command: PlanMeeting) -> list[MeetingPlanned | MeetingScheduled]:
    _must_be_new(meeting)
    planned = MeetingPlanned(
        meeting_id=command.meeting_id,
        kind=command.kind,
        title=command.title,
        mode=command.mode,
        programme_id=command.programme_id,
        cohort_id=command.cohort_id,
        host_ags=command.host_ags,
        vague_date=command.vague_date,
    )
    return [planned, *_scheduled_at_once(command)]


def record(meeting: Meeting | None, command: RecordMeeting) -> list[MeetingRecorded]:
    _must_be_new(meeting)
    _must_be_over(command)
    if command.mode_reason is not None and command.mode is None:
        raise Invalid(
            "reason-without-mode", "A reason needs the mode it speaks of.", pointer="/mode"
        )
    return [
        MeetingRecorded(
            meeting_id=command.meeting_id,
            kind=command.kind,
            title=command.title,
            starts_at=command.starts_at,
            ends_at=command.ends_at,
            reason=command.reason,
            mode=command.mode,
            mode_reason=command.mode_reason,
            programme_id=command.programme_id,
            cohort_id=command.cohort_id,
            host_ags=command.host_ags,
        )
    ]


def schedule(meeting: Meeting | None, command: ScheduleMeeting) -> list[MeetingScheduled]:
    known(meeting, Action.SCHEDULE)
    _must_be_ahead(command.starts_at, command.ends_at, command.requested_at)
    return [
        MeetingScheduled(
            meeting_id=command.meeting_id, starts_at=command.starts_at, ends_at=command.ends_at
        )
    ]


def reschedule(
    meeting: Meeting | None, command: RescheduleMeeting
) -> list[MeetingRescheduled | AgendaPublished]:
    """Move the meeting, and its agenda's times with it as a new revision."""
    present = known(meeting, Action.RESCHEDULE)
    _must_be_ahead(command.starts_at, command.ends_at, command.requested_at)
    if (command.starts_at, command.ends_at) == (present.starts_at, present.ends_at):
        raise Conflict("same-time", "The meeting already has this time.", pointer="/starts_at")
    rescheduled = MeetingRescheduled(
        meeting_id=command.meeting_id,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        reason=command.reason,
    )
    return [rescheduled, *moved(present, command.starts_at, command.ends_at)]


def change_mode(meeting: Meeting | None, command: ChangeMode) -> list[MeetingModeChanged]:
    if known(meeting, Action.CHANGE_MODE).mode is command.mode:
        raise Conflict("same-mode", "The meeting already has this mode.", pointer="/mode")
    return [
        MeetingModeChanged(meeting_id=command.meeting_id, mode=command.mode, reason=command.reason)
    ]


def place(meeting: Meeting | None, command: PlaceMeeting) -> list[MeetingPlaced]:
    known(meeting, Action.PLACE)
    return [
        MeetingPlaced(
            meeting_id=command.meeting_id,
            host_ags=command.host_ags,
            venue=command.venue,
            online_platform=command.online_platform,
            join_url=command.join_url,
            access_hint=command.access_hint,
        )
    ]


def _scheduled_at_once(command: PlanMeeting) -> list[MeetingScheduled]:
    if command.starts_at is None and command.ends_at is None:
        return []
    if command.starts_at is None or command.ends_at is None:
        missing = "/starts_at" if command.starts_at is None else "/ends_at"
        raise Invalid("half-a-time", "A time has a start and an end.", pointer=missing)
    if command.vague_date is not None:
        raise Invalid(
            "vague-and-exact",
            "A date is vague or exact, not both.",
            pointer="/vague_date",
        )
    _must_be_ahead(command.starts_at, command.ends_at, command.requested_at)
    return [
        MeetingScheduled(
            meeting_id=command.meeting_id, starts_at=command.starts_at, ends_at=command.ends_at
        )
    ]


def _must_be_new(meeting: Meeting | None) -> None:
    if meeting is not None:
        raise Conflict("already-planned", "This meeting already exists.")


def _must_be_ahead(starts_at: datetime, ends_at: datetime, requested_at: datetime) -> None:
    _must_be_a_period(starts_at, ends_at)
    if starts_at <= requested_at:
        raise Invalid(
            "in-the-past",
            "A meeting starts in the future; one of the past is recorded afterwards.",
            pointer="/starts_at",
        )


def _must_be_over(command: RecordMeeting) -> None:
    if command.ends_at is not None:
        _must_be_a_period(command.starts_at, command.ends_at)
    last = command.ends_at or command.starts_at
    if last > command.requested_at:
        raise Invalid(
            "not-in-the-past",
            "Only a meeting that is over is recorded afterwards.",
            pointer="/starts_at" if command.ends_at is None else "/ends_at",
        )


def _must_be_a_period(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise Invalid("bad-period", "A meeting ends after it starts.", pointer="/ends_at")
