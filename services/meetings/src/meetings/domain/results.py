"""What came of a meeting: numbers kept apart, stories, tendencies, and when people meet again."""

from dataclasses import dataclass
from uuid import UUID

from contracts.events.results import (
    AttendanceAnnounced,
    AttendanceCounted,
    NextMeetingAnnounced,
    StorySection,
    StoryTold,
    StoryWithdrawn,
    TendencyObserved,
)
from eventkit.domain import Invalid, NotFound
from meetings.domain.phases import Action
from meetings.domain.state import Meeting, known


@dataclass(frozen=True, kw_only=True)
class AnnounceAttendance:
    """Say how many are said to come; it never replaces a count."""

    meeting_id: UUID
    count: int
    approximate: bool
    source: str


@dataclass(frozen=True, kw_only=True)
class CountAttendance:
    """Say how many were counted; it never replaces what was announced."""

    meeting_id: UUID
    count: int
    source: str


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of the stories; emphasised phrases are parts of it."""

    story_id: UUID
    section: StorySection
    statement: str
    emphasis: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TellStories:
    """Add statements, all or none, in their order."""

    meeting_id: UUID
    statements: tuple[Statement, ...]


@dataclass(frozen=True, kw_only=True)
class WithdrawStory:
    """Show a statement no longer."""

    meeting_id: UUID
    story_id: UUID
    reason: str


@dataclass(frozen=True, kw_only=True)
class Tendency:
    """What was typical of the earlier cohort, and what of the later one."""

    tendency_id: UUID
    earlier: str
    later: str


@dataclass(frozen=True, kw_only=True)
class ObserveTendencies:
    """Compare two cohorts, all pairs or none."""

    meeting_id: UUID
    from_cohort_id: UUID
    to_cohort_id: UUID
    pairs: tuple[Tendency, ...]


@dataclass(frozen=True, kw_only=True)
class AnnounceNextMeeting:
    """Say when people meet again: a planned meeting, or a vague date."""

    meeting_id: UUID
    next_meeting_id: UUID | None = None
    vague_date: str | None = None


def announce_attendance(
    meeting: Meeting | None, command: AnnounceAttendance
) -> list[AttendanceAnnounced]:
    known(meeting, Action.ANNOUNCE_ATTENDANCE)
    return [
        AttendanceAnnounced(
            meeting_id=command.meeting_id,
            count=command.count,
            approximate=command.approximate,
            source=command.source,
        )
    ]


def count_attendance(meeting: Meeting | None, command: CountAttendance) -> list[AttendanceCounted]:
    known(meeting, Action.COUNT_ATTENDANCE)
    return [
        AttendanceCounted(meeting_id=command.meeting_id, count=command.count, source=command.source)
    ]


def tell_stories(meeting: Meeting | None, command: TellStories) -> list[StoryTold]:
    known(meeting, Action.TELL_STORIES)
    if not command.statements:
        raise Invalid("no-statements", "There is no statement.", pointer="/statements")
    for number, statement in enumerate(command.statements):
        _must_emphasise_itself(statement, f"/statements/{number}/emphasis")
    return [
        StoryTold(
            meeting_id=command.meeting_id,
            story_id=told.story_id,
            section=told.section,
            statement=told.statement,
            emphasis=told.emphasis,
        )
        for told in command.statements
    ]


def withdraw_story(meeting: Meeting | None, command: WithdrawStory) -> list[StoryWithdrawn]:
    if command.story_id not in known(meeting, Action.WITHDRAW_STORY).stories:
        raise NotFound("unknown-story", "The meeting shows no such statement.")
    return [
        StoryWithdrawn(
            meeting_id=command.meeting_id, story_id=command.story_id, reason=command.reason
        )
    ]


def observe_tendencies(
    meeting: Meeting | None, command: ObserveTendencies
) -> list[TendencyObserved]:
    known(meeting, Action.OBSERVE_TENDENCIES)
    if not command.pairs:
        raise Invalid("no-pairs", "There is nothing to compare.", pointer="/pairs")
    if command.from_cohort_id == command.to_cohort_id:
        raise Invalid(
            "same-cohort",
            "Tendencies compare two different cohorts.",
            pointer="/to_cohort_id",
        )
    return [
        TendencyObserved(
            meeting_id=command.meeting_id,
            tendency_id=pair.tendency_id,
            from_cohort_id=command.from_cohort_id,
            to_cohort_id=command.to_cohort_id,
            earlier=pair.earlier,
            later=pair.later,
        )
        for pair in command.pairs
    ]


def announce_next_meeting(
    meeting: Meeting | None, command: AnnounceNextMeeting
) -> list[NextMeetingAnnounced]:
    known(meeting, Action.ANNOUNCE_NEXT_MEETING)
    if (command.next_meeting_id is None) == (command.vague_date is None):
        raise Invalid(
            "meeting-or-date",
            "Name the next meeting or its vague date, one of them.",
            pointer="/vague_date",
        )
    if command.next_meeting_id == command.meeting_id:
        raise Invalid(
            "same-meeting",
            "The next meeting is another one.",
            pointer="/next_meeting_id",
        )
    return [
        NextMeetingAnnounced(
            meeting_id=command.meeting_id,
            next_meeting_id=command.next_meeting_id,
            vague_date=command.vague_date,
        )
    ]


def _must_emphasise_itself(statement: Statement, pointer: str) -> None:
    for number, phrase in enumerate(statement.emphasis):
        if phrase not in statement.statement:
            raise Invalid(
                "foreign-emphasis",
                "What is emphasised stands in the statement.",
                pointer=f"{pointer}/{number}",
            )
