"""HTTP for programmes: what is funded, by whom and why."""

from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import LongText, Text
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Listing, alphabetical
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import created
from registry.domain.programme import PROGRAMME, DecideProgramme
from registry.projection.programmes import PROGRAMMES, programmes

bp = Blueprint(
    "programmes", __name__, url_prefix="/v1/programmes", description="Funding programmes."
)


class ProgrammeBody(Schema):
    title = Text(1, 200, required=True)
    goal = LongText(allow_none=True)
    lead = Text(1, 200, allow_none=True)
    funder = Text(1, 200, allow_none=True)
    funding_source = Text(1, 200, allow_none=True)
    decided = Text(1, 200, allow_none=True, metadata={"description": 'Also vague: "2018".'})


class ProgrammeView(ProgrammeBody):
    programme_id = fields.UUID(required=True)


@bp.route("", methods=["POST"])
@bp.arguments(ProgrammeBody)
@bp.response(201, Written)
def decide_programme(body: dict[str, Any]) -> Response:
    """Put a funding programme on record once it is decided."""
    programme_id = uuid4()
    command = DecideProgramme(programme_id=programme_id, **body)
    return created(PROGRAMME, programme_id, command, ".show_programme", programme_id=programme_id)


_LIST = Listing(
    name="ProgrammeQuery",
    key=(programmes.c.programme_id,),
    sorts={"title": (alphabetical(programmes.c.title),)},
    usual="title",
)


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(ProgrammeView))
def list_programmes(wanted: dict[str, Any]) -> Response:
    """List programmes by their title."""
    return _LIST.answer(sa.select(programmes), ProgrammeView, wanted)


@bp.route("/<uuid:programme_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, ProgrammeView)
def show_programme(when: Moment, programme_id: UUID) -> Response:
    """Show a programme."""
    return found_at(_programme(programme_id), ProgrammeView, _TIMELINE, when)


def _programme(programme_id: UUID) -> sa.Select[Any]:
    return sa.select(programmes).where(programmes.c.programme_id == programme_id)


_TIMELINE = Timeline(aggregate=PROGRAMME, model=PROGRAMMES, of="programme_id")
offer_history(bp, "/<uuid:programme_id>", _TIMELINE, _programme)
