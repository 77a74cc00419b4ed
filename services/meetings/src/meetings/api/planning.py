"""HTTP for planning: ideas, dates, modes and places, and history recorded afterwards."""

from typing import Any
from uuid import UUID, uuid4

from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import URL

from contracts.events.meetings import MeetingKind, Mode
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Digits, Instant, LongText, Text
from eventkit.http.schemas import Written
from eventkit.http.views import became_true, changed, created, kit
from meetings.api.times import date_back, held_at
from meetings.domain.lifecycle import CancelMeeting
from meetings.domain.meeting import MEETING
from meetings.domain.planning import (
    ChangeMode,
    PlaceMeeting,
    PlanMeeting,
    RecordMeeting,
    RescheduleMeeting,
    ScheduleMeeting,
)
from meetings.references import require_cohort, require_host, require_programme

bp = Blueprint("planning", __name__, url_prefix="/v1/meetings", description="Planning of meetings.")


class MeetingBody(Schema):
    kind = fields.Enum(MeetingKind, by_value=True, required=True)
    title = Text(required=True)
    mode = fields.Enum(Mode, by_value=True, allow_none=True)
    programme_id = fields.UUID(allow_none=True)
    cohort_id = fields.UUID(allow_none=True)
    host_ags = Digits(8, allow_none=True, error="A municipality's key has 8 digits.")


class PlanMeetingBody(MeetingBody):
    vague_date = Text(allow_none=True, metadata={"description": "Such as „Frühjahr 2021“."})
    starts_at = Instant(allow_none=True)
    ends_at = Instant(allow_none=True)


class RecordMeetingBody(MeetingBody):
    starts_at = Instant(required=True)
    ends_at = Instant(allow_none=True)
    reason = Text(required=True, metadata={"description": "Why it is recorded afterwards."})
    mode_reason = Text(allow_none=True, metadata={"description": "Why people met in this way."})


class ScheduleMeetingBody(Schema):
    starts_at = Instant(required=True)
    ends_at = Instant(required=True)


class RescheduleMeetingBody(ScheduleMeetingBody):
    reason = Text(required=True)


class ChangeModeBody(Schema):
    mode = fields.Enum(Mode, by_value=True, required=True)
    reason = Text(required=True)


class PlaceMeetingBody(Schema):
    host_ags = Digits(8, allow_none=True, error="A municipality's key has 8 digits.")
    venue = Text(allow_none=True)
    online_platform = Text(allow_none=True)
    join_url = Text(9, 2000, allow_none=True, validate=URL(schemes={"https"}))
    access_hint = LongText(1, 2000, allow_none=True)


class CancelMeetingBody(Schema):
    reason = Text(required=True)


@bp.route("", methods=["POST"])
@bp.arguments(PlanMeetingBody)
@bp.response(201, Written)
def plan_meeting(body: dict[str, Any]) -> Response:
    """Plan a meeting: with a vague date, with its time, or with neither yet."""
    _require_known(body)
    require_host(kit().engine, body.get("host_ags"))
    meeting_id = uuid4()
    command = PlanMeeting(meeting_id=meeting_id, requested_at=kit().now(), **body)
    return created(MEETING, meeting_id, command, "calendar.show_meeting", meeting_id=meeting_id)


@bp.route("/records", methods=["POST"])
@bp.arguments(RecordMeetingBody)
@bp.response(201, Written)
def record_meeting(body: dict[str, Any]) -> Response:
    """Write a meeting of the past down as history; nobody is invited by it."""
    _require_known(body)
    require_host(kit().engine, body.get("host_ags"), also_former=True)
    became_true(held_at(body["starts_at"], body.get("ends_at")))
    meeting_id = uuid4()
    command = RecordMeeting(meeting_id=meeting_id, requested_at=kit().now(), **body)
    return created(MEETING, meeting_id, command, "calendar.show_meeting", meeting_id=meeting_id)


@bp.route("/<uuid:meeting_id>/schedule", methods=["POST"])
@bp.arguments(ScheduleMeetingBody)
@bp.response(200, Written)
def schedule_meeting(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Give an idea its date and time."""
    command = ScheduleMeeting(meeting_id=meeting_id, requested_at=kit().now(), **body)
    return changed(MEETING, meeting_id, command)


@bp.route("/<uuid:meeting_id>/reschedule", methods=["POST"])
@bp.arguments(RescheduleMeetingBody)
@bp.response(200, Written)
def reschedule_meeting(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Move the meeting and its agenda; places are kept, invitations are opened anew."""
    command = RescheduleMeeting(meeting_id=meeting_id, requested_at=kit().now(), **body)
    return changed(MEETING, meeting_id, command)


@bp.route("/<uuid:meeting_id>/change-mode", methods=["POST"])
@bp.arguments(ChangeModeBody)
@bp.response(200, Written)
def change_mode(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Let people meet in another way; the reason is told to those who are invited."""
    return changed(MEETING, meeting_id, ChangeMode(meeting_id=meeting_id, **body))


@bp.route("/<uuid:meeting_id>/place", methods=["PUT"])
@bp.arguments(PlaceMeetingBody)
@bp.response(200, Written)
def place_meeting(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Set host, venue and online access as a whole; what is left out is no longer there."""
    is_history = date_back(meeting_id)
    require_host(kit().engine, body.get("host_ags"), also_former=is_history)
    return changed(MEETING, meeting_id, PlaceMeeting(meeting_id=meeting_id, **body))


@bp.route("/<uuid:meeting_id>/cancel", methods=["POST"])
@bp.arguments(CancelMeetingBody)
@bp.response(200, Written)
def cancel_meeting(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Cancel the meeting; all who are invited or registered are told the reason."""
    return changed(MEETING, meeting_id, CancelMeeting(meeting_id=meeting_id, **body))


def _require_known(body: dict[str, Any]) -> None:
    programme_id = body.get("programme_id")
    require_programme(kit().engine, programme_id, "/programme_id")
    require_cohort(kit().engine, body.get("cohort_id"), "/cohort_id", programme_id)
