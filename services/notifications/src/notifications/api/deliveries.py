"""HTTP for the delivery log: who was told what, and how it went; ids, never an address."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from contracts.events.notifications import Channel
from eventkit.http.blueprint import Blueprint
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import page_of
from eventkit.http.views import listed
from notifications.domain.delivery import DELIVERY
from notifications.projection.deliveries import DELIVERIES, DeliveryState, deliveries

bp = Blueprint(
    "deliveries",
    __name__,
    url_prefix="/v1/deliveries",
    description="The delivery log, by meeting, by recipient, or as a whole.",
)


class DeliveryFilter(Schema):
    meeting_id = fields.UUID()
    recipient_id = fields.UUID()
    channel = fields.Enum(Channel, by_value=True)
    state = fields.Enum(DeliveryState, by_value=True)


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
@bp.arguments(DeliveryFilter, location="query")
@bp.response(200, page_of(DeliveryView))
def list_deliveries(wanted: dict[str, Any]) -> Response:
    """The newest first; filters narrow it to a meeting, a recipient, a channel or a state."""
    query = sa.select(deliveries)
    for name, value in wanted.items():
        query = query.where(deliveries.c[name] == getattr(value, "value", value))
    order = (deliveries.c.requested_at.desc(), deliveries.c.delivery_id.desc())
    return listed(query, DeliveryView, sort=order)


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
