"""The calendar: one row a meeting with everything that is known about it but people and texts."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from contracts.events.agenda import (
    AgendaItem,
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
from contracts.events.results import (
    AttendanceAnnounced,
    AttendanceCounted,
    NextMeetingAnnounced,
    StoryTold,
    StoryWithdrawn,
    TendencyObserved,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from meetings.domain.phases import Phase
from meetings.tables import metadata

calendar = sa.Table(
    "calendar",
    metadata,
    sa.Column("meeting_id", sa.Uuid, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("mode", sa.Text),
    sa.Column("mode_reason", sa.Text),
    sa.Column("recorded_afterwards", sa.Boolean, nullable=False),
    sa.Column("recording_reason", sa.Text),
    sa.Column("programme_id", sa.Uuid),
    sa.Column("cohort_id", sa.Uuid, index=True),
    sa.Column("host_ags", sa.Text),
    sa.Column("vague_date", sa.Text),
    sa.Column("starts_at", sa.DateTime(timezone=True)),
    sa.Column("ends_at", sa.DateTime(timezone=True)),
    sa.Column("time_zone", sa.Text, nullable=False),
    # Lists are sorted by this: a meeting without a date stands after all others.
    sa.Column("sorted_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reschedule_reason", sa.Text),
    sa.Column("venue", sa.Text),
    sa.Column("online_platform", sa.Text),
    sa.Column("join_url", sa.Text),
    sa.Column("access_hint", sa.Text),
    sa.Column("agenda", sa.JSON, nullable=False),
    sa.Column("agenda_revision", sa.Integer, nullable=False),
    sa.Column("audience", sa.JSON, nullable=False),
    sa.Column("capacity", sa.Integer),
    sa.Column("registered", sa.Integer, nullable=False),
    sa.Column("waitlisted", sa.Integer, nullable=False),
    sa.Column("checked_in", sa.Integer, nullable=False),
    sa.Column("announced", sa.JSON),
    sa.Column("counted", sa.JSON),
    sa.Column("stories", sa.Integer, nullable=False),
    sa.Column("tendencies", sa.Integer, nullable=False),
    sa.Column("next_meeting", sa.JSON),
    sa.Column("started_at", sa.DateTime(timezone=True)),
    sa.Column("ended_at", sa.DateTime(timezone=True)),
    sa.Column("documented_at", sa.DateTime(timezone=True)),
    sa.Column("author_role", sa.Text),
    sa.Column("cancellation_reason", sa.Text),
    sa.Column("stream_version", sa.Integer, nullable=False),
    sa.Index("calendar_in_order", "sorted_at", "meeting_id"),
)

WITHOUT_DATE = datetime(9999, 1, 1, tzinfo=UTC)
_ZONE = "Europe/Berlin"
_STEPS: Mapping[type[MeetingEvent], Mapping[str, int]] = {
    ParticipantRegistered: {"registered": 1},
    ParticipantWaitlisted: {"waitlisted": 1},
    ParticipantPromoted: {"registered": 1, "waitlisted": -1},
    ParticipantCheckedIn: {"checked_in": 1},
    StoryTold: {"stories": 1},
    StoryWithdrawn: {"stories": -1},
    TendencyObserved: {"tendencies": 1},
}


def keys(recorded: Recorded[MeetingEvent]) -> Iterable[Key]:
    """Every event of the stream, so that the row's version is the version of the meeting.

    What the kit keeps of its own, such as what operators did, is about no meeting.
    """
    meeting_id = getattr(recorded.event, "meeting_id", None)
    return [] if meeting_id is None else [(meeting_id,)]


def change(_: Key, row: Row | None, recorded: Recorded[MeetingEvent]) -> Row | None:
    event = recorded.event
    match event:
        case MeetingPlanned():
            return _planned(event)
        case MeetingRecorded():
            return _recorded(event)
    return row and row | _news(row, event)


def _planned(event: MeetingPlanned) -> Row:
    return _blank(event) | {
        "state": Phase.IDEA.value,
        "recorded_afterwards": False,
        "vague_date": event.vague_date,
        "time_zone": _ZONE,
        "sorted_at": WITHOUT_DATE,
    }


def _recorded(event: MeetingRecorded) -> Row:
    return _blank(event) | {
        "state": Phase.HELD.value,
        "recorded_afterwards": True,
        "recording_reason": event.reason,
        "mode_reason": event.mode_reason,
        **_time(event),
    }


def _blank(event: MeetingPlanned | MeetingRecorded) -> Row:
    empty: Row = {column.name: None for column in calendar.columns}
    counts = ("registered", "waitlisted", "checked_in", "stories", "tendencies")
    return (
        empty
        | dict.fromkeys(counts, 0)
        | {
            "meeting_id": event.meeting_id,
            "kind": event.kind.value,
            "title": event.title,
            "mode": event.mode and event.mode.value,
            "programme_id": event.programme_id,
            "cohort_id": event.cohort_id,
            "host_ags": event.host_ags,
            "agenda": [],
            "agenda_revision": 0,
            "audience": [],
        }
    )


# One case a fact; what a case does stands on its line.
def _news(row: Row, event: MeetingEvent) -> Row:  # noqa: C901, PLR0911, PLR0912
    match event:
        case MeetingScheduled():
            return _time(event) | {"state": Phase.SCHEDULED.value}
        case MeetingRescheduled(reason=reason):
            return _time(event) | {"state": Phase.SCHEDULED.value, "reschedule_reason": reason}
        case MeetingModeChanged(mode=mode, reason=reason):
            return {"mode": mode.value, "mode_reason": reason}
        case MeetingPlaced():
            return _place(event)
        case AgendaPublished(items=items, revision=revision):
            return {"agenda": [_item(item) for item in items], "agenda_revision": revision}
        case InvitationsOpened():
            return _invited(event)
        case RegistrationClosed():
            return {"state": Phase.CLOSED.value}
        case MeetingStarted(started_at=started_at):
            return {"state": Phase.RUNNING.value, "started_at": started_at}
        case MeetingEnded(ended_at=ended_at):
            return {"state": Phase.HELD.value, "ended_at": ended_at}
        case ResultsPublished(documented_at=documented_at, author_role=role):
            state = Phase.DOCUMENTED.value
            return {"state": state, "documented_at": documented_at, "author_role": role}
        case MeetingCancelled(reason=reason):
            return {"state": Phase.CANCELLED.value, "cancellation_reason": reason}
        case AttendanceAnnounced(count=count, approximate=approximate, source=source):
            told = {"count": count, "approximate": approximate, "source": source}
            return {"announced": told}
        case AttendanceCounted(count=count, source=source):
            return {"counted": {"count": count, "source": source}}
        case NextMeetingAnnounced(next_meeting_id=next_id, vague_date=vague_date):
            named = next_id and str(next_id)
            return {"next_meeting": {"meeting_id": named, "vague_date": vague_date}}
    return _counted(row, event)


def _counted(row: Row, event: MeetingEvent) -> Row:
    steps = _STEPS.get(type(event), {})
    if isinstance(event, ParticipantWithdrawn):
        steps = {"waitlisted": -1} if event.from_waiting_list else {"registered": -1}
    return {name: row[name] + step for name, step in steps.items()}


def _time(event: MeetingRecorded | MeetingScheduled | MeetingRescheduled) -> Row:
    return {
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "time_zone": event.time_zone,
        "sorted_at": event.starts_at,
    }


def _place(event: MeetingPlaced) -> Row:
    return {
        "host_ags": event.host_ags,
        "venue": event.venue,
        "online_platform": event.online_platform,
        "join_url": event.join_url,
        "access_hint": event.access_hint,
    }


def _invited(event: InvitationsOpened) -> Row:
    return {
        "state": Phase.OPEN.value,
        "audience": [{"kind": group.kind.value, "id": str(group.id)} for group in event.audience],
        "capacity": event.capacity,
    }


def _item(item: AgendaItem) -> dict[str, Any]:
    return {
        "title": item.title,
        "kind": item.kind.value,
        "starts_at": item.starts_at and item.starts_at.isoformat(),
        "ends_at": item.ends_at and item.ends_at.isoformat(),
        "speaker_role": item.speaker_role,
        "topics": list(item.topics),
    }


CALENDAR = ReadModel(name="calendar", table=calendar, keys=keys, change=change)
