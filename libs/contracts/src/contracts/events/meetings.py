"""Facts about meetings and what came out of them, published by the meetings service.

All events of one meeting stand in its stream: capacity and life cycle are decided there.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from marshmallow.validate import Range, Regexp

from contracts.catalog import Deprecated, LongText, Personal, Text, event, value
from contracts.events.agenda import AgendaPublished
from contracts.events.participants import ParticipantErased, ParticipantErasureCertified
from contracts.events.registry import Ags, Email, Party
from contracts.events.results import (
    AttendanceAnnounced,
    AttendanceCounted,
    NextMeetingAnnounced,
    StoryTold,
    StoryWithdrawn,
    TendencyObserved,
)


class MeetingKind(StrEnum):
    """Kinds of meetings (MEE-01, MEE-49)."""

    KICKOFF_TALK = "kickoff_talk"
    LOCAL_MEETING = "local_meeting"
    FUTURE_FORUM = "future_forum"
    FUTURE_WORKSHOP = "future_workshop"
    NETWORK_MEETING = "network_meeting"
    REGIONAL_CONFERENCE = "regional_conference"
    CLOSING_EVENT = "closing_event"
    WORKSHOP = "workshop"
    WORKING_GROUP = "working_group"
    TRAINING = "training"
    INFORMATION_EVENT = "information_event"
    COMMUNITY_EVENT = "community_event"
    SUPERVISION = "supervision"


class Mode(StrEnum):
    """How people meet (MEE-03)."""

    IN_PERSON = "in_person"
    DIGITAL = "digital"
    HYBRID = "hybrid"


class TargetKind(StrEnum):
    """Whom an invitation addresses (MEE-09)."""

    COHORT = "cohort"
    STEERING_GROUP = "steering_group"


class Side(StrEnum):
    """For which side a participant comes (MEE-11)."""

    ADMINISTRATION = "administration"
    CIVIC_ENGAGEMENT = "civic_engagement"
    STEERING_GROUP = "steering_group"
    ORGANISER = "organiser"
    GUEST = "guest"


@value
class TargetGroup:
    """A cohort by its id, or the steering group of the programme with this id."""

    kind: TargetKind
    id: UUID


@event("meeting.planned", version=1)
class MeetingPlanned:
    """A meeting is intended; its date may still be vague, such as "Frühjahr 2021" (MEE-02)."""

    meeting_id: UUID
    kind: MeetingKind
    title: Text
    mode: Mode | None = None
    programme_id: UUID | None = None
    cohort_id: UUID | None = None
    host_ags: Ags | None = None
    vague_date: Text | None = None


@event("meeting.recorded", version=1)
class MeetingRecorded:
    """A meeting of the past was written down afterwards as history; nobody is invited by it.

    `reason` says why it is recorded now, `mode_reason` why people met as they did. What the
    sources leave open, such as the end, stays open.
    """

    meeting_id: UUID
    kind: MeetingKind
    title: Text
    starts_at: datetime
    reason: Text
    ends_at: datetime | None = None
    time_zone: Text = "Europe/Berlin"
    mode: Mode | None = None
    mode_reason: Text | None = None
    programme_id: UUID | None = None
    cohort_id: UUID | None = None
    host_ags: Ags | None = None


@event("meeting.scheduled", version=1)
class MeetingScheduled:
    """The time of a meeting was fixed."""

    meeting_id: UUID
    starts_at: datetime
    ends_at: datetime
    time_zone: Text = "Europe/Berlin"


@event("meeting.rescheduled", version=1)
class MeetingRescheduled:
    """A scheduled meeting got another time."""

    meeting_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: Text
    time_zone: Text = "Europe/Berlin"


@event("meeting.mode_changed", version=1)
class MeetingModeChanged:
    """The way of meeting changed, such as to digital in the pandemic (MEE-03)."""

    meeting_id: UUID
    mode: Mode
    reason: Text


@event("meeting.placed", version=1)
class MeetingPlaced:
    """Host, venue and online access as they are now (MEE-04, MEE-05)."""

    meeting_id: UUID
    host_ags: Ags | None = None
    venue: Text | None = None
    online_platform: Text | None = None
    join_url: Annotated[str, Regexp(r"^https://")] | None = None
    access_hint: LongText | None = None


@event(
    "invitations.opened",
    version=1,
    deprecated=Deprecated(since=date(2026, 11, 21), use="invitations.opened.v2"),
)
class InvitationsOpenedV1:
    """The municipalities of one cohort were invited; what is new says `invitations.opened.v2`."""

    meeting_id: UUID
    cohort_id: UUID
    capacity: Annotated[int, Range(min=1)] | None = None


@event("invitations.opened", version=2)
class InvitationsOpened:
    """Target groups are invited and registration is open (MEE-09, MEE-10)."""

    meeting_id: UUID
    audience: tuple[TargetGroup, ...]
    capacity: Annotated[int, Range(min=1)] | None = None


@event("registration.closed", version=1)
class RegistrationClosed:
    """Nobody can register any more."""

    meeting_id: UUID


@event("meeting.started", version=1)
class MeetingStarted:
    """The meeting runs."""

    meeting_id: UUID
    started_at: datetime


@event("meeting.ended", version=1)
class MeetingEnded:
    """The meeting was held; the actual end may lie after the planned one."""

    meeting_id: UUID
    ended_at: datetime


@event("results.published", version=1)
class ResultsPublished:
    """The documentation of a meeting is complete: dated and authored by role (MEE-38)."""

    meeting_id: UUID
    documented_at: datetime
    author_role: Text


@event("meeting.cancelled", version=1)
class MeetingCancelled:
    """The meeting will not take place."""

    meeting_id: UUID
    reason: Text


@event("participant.registered", version=1)
class ParticipantRegistered:
    """Somebody has a place at the meeting (MEE-10)."""

    meeting_id: UUID
    participant_id: UUID
    side: Side
    contact_id: UUID | None = None
    party: Party | None = None
    name: Annotated[Text | None, Personal("participant_id")] = None
    email: Annotated[Email | None, Personal("participant_id")] = None


@event("participant.waitlisted", version=1)
class ParticipantWaitlisted:
    """Somebody waits for a place because the meeting is full."""

    meeting_id: UUID
    participant_id: UUID
    side: Side
    contact_id: UUID | None = None
    party: Party | None = None
    name: Annotated[Text | None, Personal("participant_id")] = None
    email: Annotated[Email | None, Personal("participant_id")] = None


@event("participant.promoted", version=1)
class ParticipantPromoted:
    """The first of the waiting list got a place that became free."""

    meeting_id: UUID
    participant_id: UUID


@event("participant.withdrawn", version=1)
class ParticipantWithdrawn:
    """Somebody gave the place, or the place on the waiting list, back."""

    meeting_id: UUID
    participant_id: UUID
    from_waiting_list: bool


@event("participant.checked_in", version=1)
class ParticipantCheckedIn:
    """Somebody is there (MEE-10)."""

    meeting_id: UUID
    participant_id: UUID


MeetingEvent = (
    MeetingPlanned
    | MeetingRecorded
    | MeetingScheduled
    | MeetingRescheduled
    | MeetingModeChanged
    | MeetingPlaced
    | AgendaPublished
    | InvitationsOpened
    | RegistrationClosed
    | MeetingStarted
    | MeetingEnded
    | ResultsPublished
    | MeetingCancelled
    | ParticipantRegistered
    | ParticipantWaitlisted
    | ParticipantPromoted
    | ParticipantWithdrawn
    | ParticipantCheckedIn
    | ParticipantErased
    | ParticipantErasureCertified
    | AttendanceAnnounced
    | AttendanceCounted
    | StoryTold
    | StoryWithdrawn
    | TendencyObserved
    | NextMeetingAnnounced
)
