"""HTTP for what came of a meeting: numbers, tendencies, and when people meet again."""

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import Length

from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Flag, Integer, Text
from eventkit.http.listing import Listing, same
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import added, changed, kit
from meetings.api.times import date_back
from meetings.domain.meeting import MEETING
from meetings.domain.results import (
    AnnounceAttendance,
    AnnounceNextMeeting,
    CountAttendance,
    ObserveTendencies,
    Tendency,
)
from meetings.projection.tendencies import tendencies
from meetings.references import require_cohort, require_meeting, require_next_meeting

bp = Blueprint(
    "results", __name__, url_prefix="/v1/meetings", description="What came of a meeting."
)
MOST_PEOPLE = 1_000_000
MOST_PAIRS = 100


class AnnounceAttendanceBody(Schema):
    count = Integer(0, MOST_PEOPLE, required=True)
    approximate = Flag(required=True)
    source = Text(required=True)


class CountAttendanceBody(Schema):
    count = Integer(0, MOST_PEOPLE, required=True)
    source = Text(required=True)


class PairBody(Schema):
    earlier = Text(required=True)
    later = Text(required=True)


class ObserveTendenciesBody(Schema):
    from_cohort_id = fields.UUID(required=True)
    to_cohort_id = fields.UUID(required=True)
    pairs = fields.List(
        fields.Nested(PairBody), required=True, validate=Length(min=1, max=MOST_PAIRS)
    )


class AnnounceNextMeetingBody(Schema):
    """The next meeting, or its vague date."""

    next_meeting_id = fields.UUID(allow_none=True)
    vague_date = Text(allow_none=True)


class TendencyView(Schema):
    tendency_id = fields.UUID(required=True)
    from_cohort_id = fields.UUID(required=True)
    to_cohort_id = fields.UUID(required=True)
    earlier = fields.String(required=True)
    later = fields.String(required=True)


@bp.route("/<uuid:meeting_id>/attendance/announced", methods=["PUT"])
@bp.arguments(AnnounceAttendanceBody)
@bp.response(200, Written)
def announce_attendance(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Say how many are said to come; what was counted stays beside it."""
    date_back(meeting_id)
    return changed(MEETING, meeting_id, AnnounceAttendance(meeting_id=meeting_id, **body))


@bp.route("/<uuid:meeting_id>/attendance/counted", methods=["PUT"])
@bp.arguments(CountAttendanceBody)
@bp.response(200, Written)
def count_attendance(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Say how many were counted; what was announced stays beside it."""
    date_back(meeting_id)
    return changed(MEETING, meeting_id, CountAttendance(meeting_id=meeting_id, **body))


@bp.route("/<uuid:meeting_id>/next-meeting", methods=["PUT"])
@bp.arguments(AnnounceNextMeetingBody)
@bp.response(200, Written)
def announce_next_meeting(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Say when people meet again: at a meeting that is planned, or about when."""
    require_next_meeting(kit().engine, body.get("next_meeting_id"))
    date_back(meeting_id)
    return changed(MEETING, meeting_id, AnnounceNextMeeting(meeting_id=meeting_id, **body))


@bp.route("/<uuid:meeting_id>/tendencies", methods=["POST"])
@bp.arguments(ObserveTendenciesBody)
@bp.response(201, Written)
def observe_tendencies(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Compare two cohorts, all pairs or none; the answer names the meeting and its new version."""
    require_cohort(kit().engine, body["from_cohort_id"], "/from_cohort_id")
    require_cohort(kit().engine, body["to_cohort_id"], "/to_cohort_id")
    date_back(meeting_id)
    command = ObserveTendencies(
        meeting_id=meeting_id,
        from_cohort_id=body["from_cohort_id"],
        to_cohort_id=body["to_cohort_id"],
        pairs=tuple(Tendency(tendency_id=uuid4(), **pair) for pair in body["pairs"]),
    )
    return added(MEETING, meeting_id, command, "calendar.show_meeting", meeting_id=meeting_id)


_LIST = Listing(
    name="TendencyQuery",
    key=(tendencies.c.tendency_id,),
    sorts={"observed": (tendencies.c.number,)},
    usual="observed",
    filters={
        "from_cohort_id": same(tendencies.c.from_cohort_id, fields.UUID()),
        "to_cohort_id": same(tendencies.c.to_cohort_id, fields.UUID()),
    },
)


@bp.route("/<uuid:meeting_id>/tendencies", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(TendencyView))
def list_tendencies(wanted: dict[str, Any], meeting_id: UUID) -> Response:
    """List what was observed when two cohorts were compared."""
    require_meeting(kit().engine, meeting_id)
    query = sa.select(tendencies).where(tendencies.c.meeting_id == meeting_id)
    return _LIST.answer(query, TendencyView, wanted)
