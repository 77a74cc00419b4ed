"""HTTP for the engagement stories: statements in four sections, without their tellers."""

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import Length

from contracts.events.results import (
    StorySection,
)
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import LongText, Text
from eventkit.http.listing import Listing, same
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import added, execute, kit
from meetings.api.times import date_back
from meetings.domain.meeting import MEETING
from meetings.domain.results import Statement, TellStories, WithdrawStory
from meetings.projection.stories import stories
from meetings.references import require_meeting

bp = Blueprint("stories", __name__, url_prefix="/v1/meetings", description="Engagement stories.")
MOST_STATEMENTS = 200


class StatementBody(Schema):
    section = fields.Enum(StorySection, by_value=True, required=True)
    statement = LongText(required=True)
    emphasis = fields.List(
        Text(),
        validate=Length(max=20),
        metadata={"description": "Phrases of the statement that are emphasised."},
    )


class TellStoriesBody(Schema):
    statements = fields.List(
        fields.Nested(StatementBody),
        required=True,
        validate=Length(min=1, max=MOST_STATEMENTS),
    )


class WithdrawStoryBody(Schema):
    reason = Text(required=True)


_LIST = Listing(
    name="StoryQuery",
    key=(stories.c.story_id,),
    sorts={"told": (stories.c.number,)},
    usual="told",
    filters={"section": same(stories.c.section, fields.Enum(StorySection, by_value=True))},
)


class StoryView(Schema):
    story_id = fields.UUID(required=True)
    section = fields.String(required=True)
    statement = fields.String(required=True)
    emphasis = fields.List(fields.String(), required=True)


@bp.route("/<uuid:meeting_id>/stories", methods=["POST"])
@bp.arguments(TellStoriesBody)
@bp.response(201, Written)
def tell_stories(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Add statements, all or none; the answer names the meeting and its new version."""
    date_back(meeting_id)
    command = TellStories(
        meeting_id=meeting_id, statements=tuple(map(_statement, body["statements"]))
    )
    return added(MEETING, meeting_id, command, "calendar.show_meeting", meeting_id=meeting_id)


@bp.route("/<uuid:meeting_id>/stories", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(StoryView))
def list_stories(wanted: dict[str, Any], meeting_id: UUID) -> Response:
    """List the statements of a meeting that are still shown, without their tellers."""
    require_meeting(kit().engine, meeting_id)
    query = sa.select(stories).where(stories.c.meeting_id == meeting_id)
    return _LIST.answer(query, StoryView, wanted)


@bp.route("/<uuid:meeting_id>/stories/<uuid:story_id>/withdraw", methods=["POST"])
@bp.arguments(WithdrawStoryBody)
@bp.response(204)
def withdraw_story(body: dict[str, Any], meeting_id: UUID, story_id: UUID) -> Response:
    """Show a statement no longer, also after the documentation was published."""
    command = WithdrawStory(meeting_id=meeting_id, story_id=story_id, reason=body["reason"])
    execute(MEETING, meeting_id, command)
    return Response(status=204)


def _statement(body: dict[str, Any]) -> Statement:
    return Statement(
        story_id=uuid4(),
        section=body["section"],
        statement=body["statement"],
        emphasis=tuple(body.get("emphasis", ())),
    )
