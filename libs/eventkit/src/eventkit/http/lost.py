"""HTTP for what other services lost in a restore: which events, and that somebody sees to it.

What they said is shown on the host alone, for it holds what not every operator may read.
"""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields

from contracts.operations import LostEventsAcknowledged
from eventkit.consuming.lost import STILL_LOST
from eventkit.database import session
from eventkit.domain import Conflict, NotFound
from eventkit.http import preconditions
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Instant, Text
from eventkit.http.listing import Filter, Listing, same, since
from eventkit.http.parked import WHY
from eventkit.http.policy import Policy, allow
from eventkit.http.schemas import page_of
from eventkit.http.views import context, kit
from eventkit.restoring.acknowledged import acknowledge, earlier
from eventkit.tables import LOST_EVENTS

bp = Blueprint(
    "lost",
    __name__,
    url_prefix="/v1/operations/lost",
    description="Events of other services that their stores lost in a restore.",
)
POLICY: dict[str, Policy] = {
    "lost.list_lost": allow("operator"),
    "lost.acknowledge_lost": allow("operator"),
}

# Under the name that the condition has for it.
_l = LOST_EVENTS.alias("l").c
_ROWS = sa.select(
    _l.source,
    _l.event_id,
    _l.generation,
    _l.stream,
    _l.version,
    _l.had_effect,
    _l.found_at,
    _l.acknowledged_at,
).where(sa.text(STILL_LOST))
_LIST = Listing(
    name="LostQuery",
    key=(_l.source, _l.event_id),
    sorts={"found_at": (_l.found_at,)},
    usual="found_at",
    filters={
        "source": same(_l.source, Text(1, 50)),
        "acknowledged": Filter(
            fields.Boolean(), lambda seen: _l.acknowledged_at.is_not(None) == sa.literal(seen)
        ),
        "since": since(_l.found_at),
    },
)


class LostView(Schema):
    """An event; with `had_effect` it had its effect here, before its source lost it."""

    source = fields.String(required=True)
    event_id = fields.UUID(required=True)
    generation = fields.UUID(
        required=True, metadata={"description": "Of the source, before it was restored."}
    )
    stream = fields.String(required=True)
    version = fields.Integer(required=True)
    had_effect = fields.Boolean(required=True)
    found_at = fields.AwareDateTime(required=True)
    acknowledged_at = fields.AwareDateTime(required=True, allow_none=True)


class LostBody(Schema):
    reason = Text(required=True, metadata=WHY)
    found_until = Instant(metadata={"description": "The newest `found_at` that you have seen."})


class LostAcknowledgedView(Schema):
    """What was acknowledged: so many events of the source."""

    id = fields.UUID(required=True)
    source = fields.String(required=True)
    events = fields.Integer(required=True)
    reason = fields.String(required=True)


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(LostView))
def list_lost(wanted: dict[str, Any]) -> Response:
    """What other services lost as far as it is known here, what was found first at the top."""
    return _LIST.answer(_ROWS, LostView, wanted)


@bp.route("/<source>/acknowledge", methods=["POST"])
@bp.arguments(LostBody)
@bp.response(200, LostAcknowledgedView)
def acknowledge_lost(body: dict[str, Any], source: str) -> Response:
    """Say that somebody sees to what this service lost: the alarm ends, and the list stays.

    What was found after `found_until`, while you looked at the list, goes on ringing.
    """
    known = preconditions.idempotency(required=False)
    if known is not None and (said := earlier(kit(), known)):
        return _said(said)
    if not _is_known(source):
        raise NotFound("not-found", "There is no such thing here.")
    until = body.get("found_until")
    told = acknowledge(kit(), source, body["reason"], context(), until=until, known=known)
    if told is None and known is not None:
        # The first call with this key has ended meanwhile.
        told = earlier(kit(), known)
    if told is None:
        raise Conflict("lost-acknowledged", "Somebody has acknowledged all that it lost.")
    return _said(told)


def _is_known(source: str) -> bool:
    """Whether it lost anything, as far as is known here."""
    with session(kit().engine) as connection:
        query = sa.select(sa.exists(_ROWS.where(_l.source == source)))
        return bool(connection.scalar(query))


def _said(told: LostEventsAcknowledged) -> Response:
    body = {
        "id": str(told.acknowledgement_id),
        "source": told.source,
        "events": told.events,
        "reason": told.reason,
    }
    return Response(orjson.dumps(body), content_type="application/json")
