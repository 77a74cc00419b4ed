"""HTTP for parked events: what waits and why, and what operators want done about it.

What is asked for is stored and answered with 202; the consumer carries it out, a second or two
later. The messages themselves are shown on the host alone, for they hold what not every operator
may read (decision 0009).
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from flask import Response, url_for
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from contracts.operations import ParkedAct, ParkedTarget
from contracts.visibility import WITHHELD
from eventkit.database import session
from eventkit.domain import NotFound
from eventkit.http import preconditions
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Text
from eventkit.http.listing import Listing, same, since
from eventkit.http.policy import Policy, allow
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import accepted, context, kit, shown
from eventkit.parking.actions import PARKED_ACTION, check, requested
from eventkit.parking.parked import REASONS
from eventkit.tables import PARKED

bp = Blueprint(
    "parked",
    __name__,
    url_prefix="/v1/operations/parked",
    description="Events of other services that could not be handled, and those behind them.",
)
_OPERATOR = allow("operator")
POLICY: dict[str, Policy] = {
    "parked.list_parked": _OPERATOR,
    "parked.show_parked": _OPERATOR,
    "parked.retry_parked": _OPERATOR,
    "parked.skip_parked": _OPERATOR,
    "parked.discard_parked": _OPERATOR,
}
WHY = {"description": "For the audit; no names, addresses or other personal data."}

_p = PARKED.c
_later = PARKED.alias("later")
_behind = (
    sa.select(sa.func.count())
    .where(
        _later.c.source == _p.source,
        _later.c.generation == _p.generation,
        _later.c.stream == _p.stream,
        _later.c.reason == "waiting",
    )
    .correlate(PARKED)
    .scalar_subquery()
)
# An error may quote what it failed on.
_detail = sa.case(
    (sa.func.split_part(_p.type, ".v", 1).in_(sorted(WITHHELD["operator"])), None),
    else_=_p.detail,
)
_ROWS = sa.select(
    _p.id,
    _p.source,
    _p.stream,
    _p.version,
    _p.event_id,
    _p.type,
    _p.reason,
    _detail.label("detail"),
    _p.parked_at,
    _p.retry_at,
    _p.revision.label("stream_version"),
    sa.func.length(_p.message).label("size"),
    _behind.label("waiting"),
)
_LIST = Listing(
    name="ParkedQuery",
    key=(_p.id,),
    sorts={"parked_at": (_p.parked_at,)},
    usual="parked_at",
    filters={
        "source": same(_p.source, Text(1, 50)),
        "parked_for": same(_p.reason, fields.String(validate=OneOf(REASONS))),
        "since": since(_p.parked_at),
    },
)


class ParkedView(Schema):
    """An event, or what is none; `waiting` counts those behind it."""

    id = fields.Integer(required=True)
    source = fields.String(required=True)
    stream = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True, allow_none=True)
    event_id = fields.UUID(required=True, allow_none=True)
    type = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True)
    detail = fields.String(required=True, allow_none=True)
    parked_at = fields.AwareDateTime(required=True)
    retry_at = fields.AwareDateTime(required=True, allow_none=True)
    size = fields.Integer(required=True, metadata={"description": "Bytes of the copy."})
    waiting = fields.Integer(required=True)


class ReasonBody(Schema):
    reason = Text(required=True, metadata=WHY)


class RetryBody(Schema):
    reason = Text(metadata=WHY)


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(ParkedView))
def list_parked(wanted: dict[str, Any]) -> Response:
    """What waits, the longest waiting first, without those behind it (`parked_for=waiting`)."""
    heads = _ROWS if "parked_for" in wanted else _ROWS.where(_p.reason != "waiting")
    return _LIST.answer(heads, ParkedView, wanted)


@bp.route("/<parked_id>", methods=["GET"])
@bp.response(200, ParkedView)
def show_parked(parked_id: str) -> Response:
    """Show why an event waits."""
    row = _row(parked_id)
    return shown(row, ParkedView, version=row["stream_version"])


@bp.route("/<parked_id>/retry", methods=["POST"])
@bp.arguments(RetryBody)
@bp.response(202, Written)
def retry_parked(body: dict[str, Any], parked_id: str) -> Response:
    """Have the stream handled again, from this event on and in order."""
    return _ask(ParkedAct.RETRY, parked_id, body)


@bp.route("/<parked_id>/skip", methods=["POST"])
@bp.arguments(ReasonBody)
@bp.response(202, Written)
def skip_parked(body: dict[str, Any], parked_id: str) -> Response:
    """Pass this event over: it has no effect here, ever; the stream goes on behind it."""
    return _ask(ParkedAct.SKIP, parked_id, body)


@bp.route("/<parked_id>/discard", methods=["POST"])
@bp.arguments(ReasonBody)
@bp.response(202, Written)
def discard_parked(body: dict[str, Any], parked_id: str) -> Response:
    """Forget all that is parked of the stream, and take from its source what that really has.

    Of what is no event, forget this copy alone.
    """
    return _ask(ParkedAct.DISCARD, parked_id, body)


def _ask(act: ParkedAct, parked_id: str, body: dict[str, Any]) -> Response:
    action_id = uuid4()
    location = url_for("parked_actions.show_parked_action", action_id=action_id)
    known = preconditions.idempotency(required=False, resource=location)
    expected = preconditions.expected_version()
    if known is not None and (earlier := kit().earlier(known)):
        return accepted(earlier, location)
    row = _row(parked_id)
    check(act, row["stream"], row["reason"], row["type"])
    if expected not in (None, row["stream_version"]):
        raise preconditions.stale()
    target = ParkedTarget(parked_id=row["id"], source=row["source"], revision=expected)
    written = kit().execute(
        PARKED_ACTION,
        action_id,
        requested(action_id, act, [target], body.get("reason")),
        context=context(),
        expected=0,
        idempotency=known,
    )
    return accepted(written, location)


def _row(parked_id: str) -> sa.RowMapping:
    if not (parked_id.isascii() and parked_id.isdigit() and len(parked_id) < 19):
        raise NotFound("not-found", "There is no such thing here.")
    with session(kit().engine) as connection:
        row = connection.execute(_ROWS.where(_p.id == int(parked_id))).mappings().one_or_none()
    if row is None:
        raise NotFound("not-found", "There is no such thing here.")
    return row
