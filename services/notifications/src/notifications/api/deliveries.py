"""HTTP for the delivery log: who was told what, and how it went; ids, never an address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from contracts.events.notifications import Channel, Notice
from eventkit.http.blueprint import Blueprint
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Listing, same, since
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import page_of
from notifications.domain.delivery import DELIVERY
from notifications.projection.deliveries import DELIVERIES, DeliveryState, deliveries

bp = Blueprint(
    "deliveries",
    __name__,
    url_prefix="/v1/deliveries",
    description="The delivery log, by meeting, by recipient, or as a whole.",
)


_FILTERS = {
    "meeting_id": same(deliveries.c.meeting_id, fields.UUID()),
    "notice": same(deliveries.c.notice, fields.Enum(Notice, by_value=True)),
    "state": same(deliveries.c.state, fields.Enum(DeliveryState, by_value=True)),
    "since": since(deliveries.c.requested_at),
}
_LOG = Listing(
    name="DeliveryQuery",
    key=(deliveries.c.delivery_id,),
    sorts={"requested_at": (deliveries.c.requested_at,)},
    usual="-requested_at",
    filters={
        **_FILTERS,
        "recipient_id": same(deliveries.c.recipient_id, fields.UUID()),
        "channel": same(deliveries.c.channel, fields.Enum(Channel, by_value=True)),
    },
)
# Of one recipient, whom the address names.
CALLS = Listing(
    name="CallQuery", key=_LOG.key, sorts=_LOG.sorts, usual=_LOG.usual, filters=_FILTERS
)


class DeliveryView(Schema):
    delivery_id = fields.UUID(required=True)
    channel = fields.String(required=True)
    notice = fields.String(required=True)
    recipient_kind = fields.String(required=True)
    recipient_id = fields.UUID(required=True)
    meeting_id = fields.UUID(required=True, allow_none=True)
    sequence = fields.Integer(required=True)
    cause_id = fields.UUID(required=True)
    cause_type = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    attempts = fields.Integer(required=True)
    code = fields.String(required=True, allow_none=True)
    requested_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)


@bp.route("", methods=["GET"])
@bp.arguments(_LOG.schema, location="query")
@bp.response(200, page_of(DeliveryView))
def list_deliveries(wanted: dict[str, Any]) -> Response:
    """The newest first; filters narrow it to a meeting, a recipient, a channel or a state."""
    return _LOG.answer(sa.select(deliveries), DeliveryView, wanted)


@bp.route("/<uuid:delivery_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, DeliveryView)
def show_delivery(when: Moment, delivery_id: UUID) -> Response:
    """Show one delivery: to whom by id, what about, and how it went."""
    return found_at(_delivery(delivery_id), DeliveryView, _TIMELINE, when)


def _delivery(delivery_id: UUID) -> sa.Select[Any]:
    return sa.select(deliveries).where(deliveries.c.delivery_id == delivery_id)


_TIMELINE = Timeline(aggregate=DELIVERY, model=DELIVERIES, of="delivery_id")
offer_history(bp, "/<uuid:delivery_id>", _TIMELINE, _delivery)
