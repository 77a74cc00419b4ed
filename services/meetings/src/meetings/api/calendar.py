"""HTTP for the calendar: which meetings there are, and one of them with all that is known."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from contracts.events.meetings import MeetingKind, Mode
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Digits
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Listing, alphabetical, before, same, since
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import page_of
from eventkit.http.views import principal
from meetings.access import exists_for, may_enter
from meetings.api import withheld
from meetings.api.actions import Actions
from meetings.api.agenda import Items
from meetings.api.times import LocalTime
from meetings.domain.meeting import MEETING
from meetings.domain.phases import Phase
from meetings.projection.calendar import CALENDAR, calendar

bp = Blueprint(
    "calendar", __name__, url_prefix="/v1/meetings", description="The calendar of the network."
)

_LIST = Listing(
    name="MeetingQuery",
    key=(calendar.c.meeting_id,),
    sorts={"starts_at": (calendar.c.sorted_at,), "title": (alphabetical(calendar.c.title),)},
    usual="starts_at",
    filters={
        "state": same(calendar.c.state, fields.Enum(Phase, by_value=True)),
        "kind": same(calendar.c.kind, fields.Enum(MeetingKind, by_value=True)),
        "mode": same(calendar.c.mode, fields.Enum(Mode, by_value=True)),
        "programme": same(calendar.c.programme_id, fields.UUID()),
        "cohort": same(calendar.c.cohort_id, fields.UUID()),
        "host": same(calendar.c.host_ags, Digits(8, error="A municipality's key has 8 digits.")),
        "from": since(calendar.c.starts_at),
        "to": before(calendar.c.starts_at),
    },
)


class OfRow(fields.Nested):
    """Columns of the row itself, shown together under one name."""

    def get_value(self, obj: Any, *_: object, **__: object) -> Any:
        return obj


class WayIn(fields.String):
    """A column for those who may enter; the query says so in `may_enter`."""

    def __init__(self) -> None:
        whom = "Null also for callers who neither run the network nor have a place."
        super().__init__(required=True, allow_none=True, metadata={"description": whom})

    def get_value(self, obj: Any, attr: str, *_: object, **__: object) -> Any:
        return obj[attr] if obj["may_enter"] else None


class Announced(Schema):
    count = fields.Integer(required=True)
    approximate = fields.Boolean(required=True)
    source = fields.String(required=True)


class Counted(Schema):
    count = fields.Integer(required=True)
    source = fields.String(required=True)


class Attendance(Schema):
    """Numbers of different origin, kept apart."""

    announced = fields.Nested(Announced, required=True, allow_none=True)
    registered = fields.Integer(required=True)
    waitlisted = fields.Integer(required=True)
    checked_in = fields.Integer(required=True)
    counted = fields.Nested(Counted, required=True, allow_none=True)


class Results(Schema):
    stories = fields.Integer(required=True)
    tendencies = fields.Integer(required=True)
    documented_at = LocalTime()
    author_role = fields.String(required=True, allow_none=True)


class InvitedGroup(Schema):
    kind = fields.String(required=True)
    id = fields.String(required=True)


class NextMeeting(Schema):
    meeting_id = fields.String(required=True, allow_none=True)
    vague_date = fields.String(required=True, allow_none=True)


class MeetingSummary(Schema):
    meeting_id = fields.UUID(required=True)
    state = fields.String(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True)
    mode = fields.String(required=True, allow_none=True)
    recorded_afterwards = fields.Boolean(required=True)
    programme_id = fields.UUID(required=True, allow_none=True)
    cohort_id = fields.UUID(required=True, allow_none=True)
    host_ags = fields.String(required=True, allow_none=True)
    vague_date = fields.String(required=True, allow_none=True)
    starts_at = LocalTime()
    ends_at = LocalTime()
    time_zone = fields.String(required=True)


class MeetingView(MeetingSummary):
    mode_reason = fields.String(required=True, allow_none=True)
    recording_reason = fields.String(required=True, allow_none=True)
    reschedule_reason = fields.String(required=True, allow_none=True)
    cancellation_reason = fields.String(required=True, allow_none=True)
    venue = fields.String(required=True, allow_none=True)
    online_platform = fields.String(required=True, allow_none=True)
    join_url = WayIn()
    access_hint = WayIn()
    agenda = Items()
    agenda_revision = fields.Integer(required=True)
    audience = fields.List(fields.Nested(InvitedGroup), required=True)
    capacity = fields.Integer(required=True, allow_none=True)
    attendance = OfRow(Attendance, required=True)
    started_at = LocalTime()
    ended_at = LocalTime()
    results = OfRow(Results, required=True)
    next_meeting = fields.Nested(NextMeeting, required=True, allow_none=True)
    actions = Actions()


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(MeetingSummary))
def list_meetings(wanted: dict[str, Any]) -> Response:
    """Meetings by their start; those without a date come last."""
    return _LIST.answer(sa.select(calendar), MeetingSummary, wanted)


@bp.route("/<uuid:meeting_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, MeetingView)
def show_meeting(when: Moment, meeting_id: UUID) -> Response:
    """A meeting; as it was, `actions` are those of its state then, for who you are now."""
    return found_at(_meeting(meeting_id), MeetingView, _TIMELINE, when)


def _meeting(meeting_id: UUID) -> sa.Select[Any]:
    enters = may_enter(principal(), calendar.c.meeting_id).label("may_enter")
    return sa.select(calendar, enters).where(
        calendar.c.meeting_id == meeting_id, exists_for(principal(), calendar.c.meeting_id)
    )


def _with_own_participants(meeting_id: UUID) -> sa.Select[Any]:
    own = withheld.own_participants(principal()).label("own_participants")
    return _meeting(meeting_id).add_columns(own)


_TIMELINE = Timeline(
    aggregate=MEETING, model=CALENDAR, of="meeting_id", withheld=withheld.of_meeting
)
offer_history(bp, "/<uuid:meeting_id>", _TIMELINE, _with_own_participants)
