"""HTTP for the day itself and its documentation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema

from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Instant, Text
from eventkit.http.schemas import Written
from eventkit.http.views import became_true, changed, kit
from meetings.domain.lifecycle import EndMeeting, PublishResults, StartMeeting
from meetings.domain.meeting import MEETING

bp = Blueprint(
    "days",
    __name__,
    url_prefix="/v1/meetings",
    description="Start, end and documentation of a meeting.",
)


class StartMeetingBody(Schema):
    started_at = Instant(metadata={"description": "Now, where it is left out."})


class EndMeetingBody(Schema):
    ended_at = Instant(metadata={"description": "Now, where it is left out."})


class PublishResultsBody(Schema):
    author_role = Text(required=True)
    documented_at = Instant(metadata={"description": "Now, where it is left out."})


@bp.route("/<uuid:meeting_id>/start", methods=["POST"])
@bp.arguments(StartMeetingBody)
@bp.response(200, Written)
def start_meeting(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Say that the meeting has begun; participants check in from now on."""
    now = kit().now()
    at = _at(body.get("started_at"), now)
    command = StartMeeting(meeting_id=meeting_id, started_at=at, requested_at=now)
    return changed(MEETING, meeting_id, command)


@bp.route("/<uuid:meeting_id>/end", methods=["POST"])
@bp.arguments(EndMeetingBody)
@bp.response(200, Written)
def end_meeting(body: dict[str, Any], meeting_id: UUID) -> Response:
    """End the meeting; the actual end may lie after the planned one."""
    now = kit().now()
    at = _at(body.get("ended_at"), now)
    command = EndMeeting(meeting_id=meeting_id, ended_at=at, requested_at=now)
    return changed(MEETING, meeting_id, command)


@bp.route("/<uuid:meeting_id>/publish-results", methods=["POST"])
@bp.arguments(PublishResultsBody)
@bp.response(200, Written)
def publish_results(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Complete the documentation; from now on results only lose withdrawn stories."""
    now = kit().now()
    at = _at(body.get("documented_at"), now)
    command = PublishResults(
        meeting_id=meeting_id,
        documented_at=at,
        author_role=body["author_role"],
        requested_at=now,
    )
    return changed(MEETING, meeting_id, command)


def _at(said: datetime | None, now: datetime) -> datetime:
    """When it happened, which is also since when the fact is true."""
    at = said or now
    became_true(at)
    return at
