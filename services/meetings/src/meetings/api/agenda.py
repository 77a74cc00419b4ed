"""HTTP for the agenda: replaced as a whole, shown with the ends that follow from its order."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import Length

from contracts.events.agenda import (
    AgendaItem,
    AgendaKind,
)
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Instant, Text
from eventkit.http.history import Timeline, found_at
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import Written
from eventkit.http.views import changed
from meetings.api.times import LocalTime, date_back
from meetings.domain.agenda import PublishAgenda, end_of
from meetings.domain.meeting import MEETING
from meetings.projection.calendar import CALENDAR, calendar

bp = Blueprint(
    "agenda", __name__, url_prefix="/v1/meetings", description="The agenda of a meeting."
)
MOST_ITEMS = 100
_TIMELINE = Timeline(aggregate=MEETING, model=CALENDAR, of="meeting_id")


class ItemBody(Schema):
    title = Text(required=True)
    kind = fields.Enum(AgendaKind, by_value=True, required=True)
    starts_at = Instant(allow_none=True)
    ends_at = Instant(allow_none=True)
    speaker_role = Text(allow_none=True)
    topics = fields.List(Text(), validate=Length(max=50))


class AgendaBody(Schema):
    items = fields.List(
        fields.Nested(ItemBody), required=True, validate=Length(min=1, max=MOST_ITEMS)
    )


class ItemView(Schema):
    title = fields.String(required=True)
    kind = fields.String(required=True)
    starts_at = LocalTime()
    ends_at = LocalTime()
    ends_at_derived = fields.Boolean(
        required=True,
        metadata={"description": "The end is not said but follows from the next item."},
    )
    speaker_role = fields.String(required=True, allow_none=True)
    topics = fields.List(fields.String(), required=True)


class Items(fields.List[dict[str, Any]]):
    """The stored items of a calendar row, with derived ends."""

    def __init__(self, **options: Any) -> None:
        super().__init__(fields.Nested(ItemView), required=True, **options)

    def _serialize(
        self, value: Any, attr: str | None, obj: Any, **options: Any
    ) -> list[Any] | None:
        items = tuple(_item(stored) for stored in value)
        shown = [_shown(items, number, obj["ends_at"]) for number in range(len(items))]
        return super()._serialize(shown, attr, obj, **options)


class AgendaView(Schema):
    meeting_id = fields.UUID(required=True)
    revision = fields.Integer(
        required=True,
        attribute="agenda_revision",
        metadata={"description": "0 before the first agenda."},
    )
    starts_at = LocalTime()
    ends_at = LocalTime()
    time_zone = fields.String(required=True)
    items = Items(attribute="agenda")


@bp.route("/<uuid:meeting_id>/agenda", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, AgendaView)
def show_agenda(when: Moment, meeting_id: UUID) -> Response:
    """Show the agenda, with ends that follow from the next item where none is said."""
    query = sa.select(calendar).where(calendar.c.meeting_id == meeting_id)
    return found_at(query, AgendaView, _TIMELINE, when)


@bp.route("/<uuid:meeting_id>/agenda", methods=["PUT"])
@bp.arguments(AgendaBody)
@bp.response(200, Written)
def publish_agenda(body: dict[str, Any], meeting_id: UUID) -> Response:
    """Set the whole agenda. Times are optional; overlaps are refused, gaps are not."""
    date_back(meeting_id)
    items = tuple(
        AgendaItem(**item | {"topics": tuple(item.get("topics", ()))}) for item in body["items"]
    )
    return changed(MEETING, meeting_id, PublishAgenda(meeting_id=meeting_id, items=items))


def _item(stored: dict[str, Any]) -> AgendaItem:
    return AgendaItem(
        title=stored["title"],
        kind=AgendaKind(stored["kind"]),
        starts_at=_time(stored["starts_at"]),
        ends_at=_time(stored["ends_at"]),
        speaker_role=stored["speaker_role"],
        topics=tuple(stored["topics"]),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _shown(items: tuple[AgendaItem, ...], number: int, ends_at: datetime | None) -> dict[str, Any]:
    item, end = items[number], end_of(items, number, ends_at)
    return vars(item) | {
        "kind": item.kind.value,
        "ends_at": end,
        "ends_at_derived": item.ends_at is None and end is not None,
    }
