"""What notices about a meeting say, and which version of its calendar entry holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from contracts.events.agenda import AgendaItem, AgendaPublished
from contracts.events.meetings import (
    InvitationsOpened,
    MeetingCancelled,
    MeetingEnded,
    MeetingModeChanged,
    MeetingPlaced,
    MeetingPlanned,
    MeetingRecorded,
    MeetingRescheduled,
    MeetingScheduled,
    MeetingStarted,
    RegistrationClosed,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from notifications.domain.notices import MeetingState
from notifications.projection.schema import METADATA

meetings = sa.Table(
    "meetings",
    METADATA,
    sa.Column("meeting_id", sa.Uuid, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("mode", sa.Text),
    sa.Column("starts_at", sa.DateTime(timezone=True)),
    sa.Column("ends_at", sa.DateTime(timezone=True)),
    sa.Column("time_zone", sa.Text),
    sa.Column("venue", sa.Text),
    sa.Column("online_platform", sa.Text),
    sa.Column("join_url", sa.Text),
    sa.Column("access_hint", sa.Text),
    sa.Column("agenda", sa.JSON, nullable=False),
    sa.Column("audience", sa.JSON, nullable=False),
    # What held at each earlier sequence, and why it holds no more.
    sa.Column("earlier", sa.JSON, nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
    sa.Index("ix_meetings_state", "state", "starts_at"),
)

_PLACE = ("venue", "online_platform", "join_url", "access_hint")
_TIME = ("starts_at", "ends_at")
_TOLD = (MeetingState.OPEN, MeetingState.CLOSED)


def meeting_keys(recorded: Recorded[Any]) -> Iterable[Key]:
    match recorded.event:
        case (
            MeetingPlanned()
            | MeetingRecorded()
            | MeetingScheduled()
            | MeetingRescheduled()
            | MeetingModeChanged()
            | MeetingPlaced()
            | AgendaPublished()
            | InvitationsOpened()
            | RegistrationClosed()
            | MeetingStarted()
            | MeetingEnded()
            | MeetingCancelled()
        ):
            return [(recorded.event.meeting_id,)]
    return []


def change_meeting(_key: Key, row: Row | None, recorded: Recorded[Any]) -> Row | None:
    fact = recorded.event
    if isinstance(fact, MeetingPlanned | MeetingRecorded):
        return _begun(fact)
    if row is None:
        return None
    return _next_sequence(row, row | _changes(row, fact), getattr(fact, "reason", None))


def _begun(fact: MeetingPlanned | MeetingRecorded) -> Row:
    begun: Row = {
        "meeting_id": fact.meeting_id,
        "title": fact.title,
        "state": MeetingState.PLANNED.value,
        "mode": fact.mode and fact.mode.value,
        "starts_at": None,
        "ends_at": None,
        "time_zone": None,
        **dict.fromkeys(_PLACE),
        "agenda": [],
        "audience": [],
        "earlier": [],
        "sequence": 0,
    }
    if isinstance(fact, MeetingRecorded):
        begun |= _time(fact) | {"state": MeetingState.STARTED.value}
    return begun


def _changes(row: Row, fact: Any) -> Row:
    match fact:
        case MeetingScheduled() | MeetingRescheduled():
            return _time(fact)
        case MeetingModeChanged():
            return {"mode": fact.mode.value}
        case MeetingPlaced():
            return {name: getattr(fact, name) for name in _PLACE}
        case AgendaPublished():
            return {"agenda": [_point(item) for item in fact.items]}
    return _course(row, fact)


def _course(row: Row, fact: Any) -> Row:
    match fact:
        case InvitationsOpened():
            return {"state": MeetingState.OPEN.value, "audience": _widened(row, fact)}
        case RegistrationClosed() if row["state"] == MeetingState.OPEN:
            return {"state": MeetingState.CLOSED.value}
        case MeetingStarted() | MeetingEnded():
            return {"state": MeetingState.STARTED.value}
        case MeetingCancelled():
            return {"state": MeetingState.CANCELLED.value}
    return {}


def _time(fact: MeetingScheduled | MeetingRescheduled | MeetingRecorded) -> Row:
    return {
        "starts_at": fact.starts_at,
        "ends_at": fact.ends_at,
        "time_zone": fact.time_zone,
    }


def _widened(row: Row, fact: InvitationsOpened) -> list[dict[str, str]]:
    """Who was invited once stays invited."""
    groups = [{"kind": group.kind.value, "id": str(group.id)} for group in fact.audience]
    before: list[dict[str, str]] = row["audience"]
    return before + [group for group in groups if group not in before]


def _point(item: AgendaItem) -> dict[str, str | None]:
    return {
        "title": item.title,
        "starts_at": item.starts_at.isoformat() if item.starts_at else None,
        "ends_at": item.ends_at.isoformat() if item.ends_at else None,
    }


def _next_sequence(before: Row, after: Row, reason: str | None) -> Row:
    """Calendars compare versions: what invited people have to know raises it (RFC 5546)."""
    told = before["state"] in _TOLD
    cancelled = after["state"] == MeetingState.CANCELLED and told
    changed = told and any(before[name] != after[name] for name in (*_TIME, "mode", *_PLACE))
    if not (cancelled or changed):
        return after
    earlier = [*before["earlier"], _left_behind(before, reason)]
    return after | {"sequence": before["sequence"] + 1, "earlier": earlier}


def _left_behind(before: Row, reason: str | None) -> dict[str, Any]:
    held = {name: before[name] for name in ("sequence", "time_zone", "mode", *_PLACE)}
    times = {name: before[name] and before[name].isoformat() for name in _TIME}
    return held | times | {"reason": reason}


MEETINGS = ReadModel(name="meetings", table=meetings, keys=meeting_keys, change=change_meeting)
