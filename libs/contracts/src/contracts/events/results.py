"""What came out of a meeting, published by the meetings service in the meeting's stream."""

from enum import StrEnum
from uuid import UUID

from contracts.catalog import LongText, Text, event
from contracts.events.registry import Count


class StorySection(StrEnum):
    """The four sections of engagement stories (MEE-39)."""

    FOUNDATIONS = "foundations"
    MOTIVATION = "motivation"
    APPROACHES = "approaches"
    BENEFIT = "benefit"


@event("attendance.announced", version=1)
class AttendanceAnnounced:
    """How many were said to come: "annähernd 40" is 40 and approximate (MEE-12)."""

    meeting_id: UUID
    count: Count
    approximate: bool
    source: Text


@event("attendance.counted", version=1)
class AttendanceCounted:
    """How many were counted, by whom or by what (MEE-12)."""

    meeting_id: UUID
    count: Count
    source: Text


@event("story.told", version=1)
class StoryTold:
    """A statement out of the engagement stories, without its teller (MEE-39)."""

    meeting_id: UUID
    story_id: UUID
    section: StorySection
    statement: LongText
    emphasis: tuple[Text, ...] = ()


@event("story.withdrawn", version=1)
class StoryWithdrawn:
    """A statement is no longer shown (P13)."""

    meeting_id: UUID
    story_id: UUID
    reason: Text


@event("tendency.observed", version=1)
class TendencyObserved:
    """What was typical of one cohort and what of the next (MEE-40)."""

    meeting_id: UUID
    tendency_id: UUID
    from_cohort_id: UUID
    to_cohort_id: UUID
    earlier: Text
    later: Text


@event("next_meeting.announced", version=1)
class NextMeetingAnnounced:
    """At the end people heard when they meet again (MEE-44)."""

    meeting_id: UUID
    next_meeting_id: UUID | None = None
    vague_date: Text | None = None
