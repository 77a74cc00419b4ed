"""HTTP for what was asked for about parked events: who and why, many at once, how far it is."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID, uuid4

import orjson
import sqlalchemy as sa
from flask import Response, url_for
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from contracts.operations import ParkedAct, ParkedTarget
from eventkit.database import session
from eventkit.domain import NotFound
from eventkit.http import preconditions
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Flag, Integer, Text
from eventkit.http.listing import Listing, same, since
from eventkit.http.openapi import REQUIRED_KEY
from eventkit.http.parked import WHY
from eventkit.http.policy import Policy, allow
from eventkit.http.schemas import page_of
from eventkit.http.views import context, kit, shown
from eventkit.idempotency import Idempotency
from eventkit.parking.actions import MOST_TARGETS, PARKED_ACTION, requested
from eventkit.parking.parked import REASONS
from eventkit.tables import PARKED, PARKED_ACTIONS

bp = Blueprint(
    "parked_actions",
    __name__,
    url_prefix="/v1/operations/parked-actions",
    description="What was asked for about parked events, and what became of it.",
)
POLICY: dict[str, Policy] = {
    "parked_actions.list_parked_acts": allow("operator"),
    "parked_actions.retry_all": allow("operator"),
    "parked_actions.show_parked_action": allow("operator"),
}
_JSON = "application/json"
_p, _a = PARKED.c, PARKED_ACTIONS.c
_act = fields.String(validate=OneOf([str(act) for act in ParkedAct]))
_LIST = Listing(
    name="ParkedActQuery",
    key=(_a.action_id, _a.parked_id),
    sorts={"asked_at": (_a.asked_at,)},
    usual="-asked_at",
    filters={
        "source": same(_a.source, Text(1, 50)),
        "act": same(_a.act, _act),
        "since": since(_a.asked_at),
    },
)


class RetryAllBody(Schema):
    """Which streams: all of them where neither source nor `parked_for` is given."""

    source = Text(1, 50)
    parked_for = fields.String(
        validate=OneOf(REASONS), metadata={"description": "Those parked for this reason."}
    )
    limit = Integer(1, MOST_TARGETS, load_default=50)
    dry_run = Flag(
        load_default=False, metadata={"description": "Only say which; nothing is asked for."}
    )
    reason = Text(metadata=WHY)


class ChosenView(Schema):
    """`id` is null where nothing was asked for."""

    id = fields.UUID(required=True, allow_none=True)
    parked = fields.List(fields.Integer(), required=True)


class ResultView(Schema):
    parked_id = fields.Integer(required=True)
    source = fields.String(required=True)
    outcome = fields.String(
        required=True,
        allow_none=True,
        validate=OneOf([None, "done", "waits", "gone", "changed"]),
        metadata={"description": "Null until the consumer has come to it."},
    )
    events = fields.Integer(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True)
    done_at = fields.AwareDateTime(required=True, allow_none=True)


class ActView(ResultView):
    """One act on one parked event: who asked for it, why, and what became of it."""

    action_id = fields.UUID(required=True)
    act = fields.String(required=True, validate=OneOf([str(act) for act in ParkedAct]))
    actor = fields.String(required=True, metadata={"description": "The client, or the host's."})
    reason = fields.String(required=True, allow_none=True)
    asked_at = fields.AwareDateTime(required=True)


class ActionView(Schema):
    """How far it is: `done` of `asked`."""

    id = fields.UUID(required=True)
    act = fields.String(required=True, validate=OneOf([str(act) for act in ParkedAct]))
    reason = fields.String(required=True, allow_none=True)
    asked_at = fields.AwareDateTime(required=True)
    asked = fields.Integer(required=True)
    done = fields.Integer(required=True)
    results = fields.List(fields.Nested(ResultView), required=True)


@bp.route("", methods=["POST"])
@bp.doc(parameters=[REQUIRED_KEY])
@bp.arguments(RetryAllBody)
@bp.response(202, ChosenView)
@bp.alt_response(200, schema=ChosenView, description="A dry run, or none waits.")  # type: ignore[untyped-decorator]  # published so
def retry_all(body: dict[str, Any]) -> Response:
    """Have many streams handled again, those that wait the longest first."""
    known = preconditions.idempotency(required=True)
    earlier = kit().earlier(cast(Idempotency, known))
    if earlier is not None:
        action_id = UUID(earlier.stream.removeprefix("parked_action-"))
        return _chosen(action_id, [row["parked_id"] for row in _results(action_id)])
    targets = _targets(body)
    if not targets or body["dry_run"]:
        return _chosen(None, [one.parked_id for one in targets])
    action_id = uuid4()
    command = requested(action_id, ParkedAct.RETRY, targets, body.get("reason"))
    kit().execute(
        PARKED_ACTION, action_id, command, context=context(), expected=0, idempotency=known
    )
    return _chosen(action_id, [one.parked_id for one in targets])


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(ActView))
def list_parked_acts(wanted: dict[str, Any]) -> Response:
    """Every act on a parked event, the last one first."""
    return _LIST.answer(sa.select(PARKED_ACTIONS), ActView, wanted)


@bp.route("/<uuid:action_id>", methods=["GET"])
@bp.response(200, ActionView)
def show_parked_action(action_id: UUID) -> Response:
    """Show what was asked for, and what became of it."""
    rows = _results(action_id)
    if not rows:
        raise NotFound("not-found", "There is no such thing here.")
    done = sum(row["outcome"] is not None for row in rows)
    told = {name: rows[0][name] for name in ("act", "reason", "asked_at")}
    thing = {**told, "id": action_id, "asked": len(rows), "done": done, "results": rows}
    return shown(thing, ActionView, version=1 + done)


def _targets(body: dict[str, Any]) -> list[ParkedTarget]:
    wanted = [_p.source == body["source"]] if "source" in body else []
    wanted += [_p.reason == body["parked_for"]] if "parked_for" in body else []
    query = (
        sa.select(_p.id, _p.source)
        .where(_p.stream.is_not(None), _p.reason != "waiting", *wanted)
        .order_by(_p.parked_at, _p.id)
        .limit(body["limit"])
    )
    with session(kit().engine) as connection:
        return [
            ParkedTarget(parked_id=number, source=at) for number, at in connection.execute(query)
        ]


def _results(action_id: UUID) -> list[sa.RowMapping]:
    query = sa.select(PARKED_ACTIONS).where(PARKED_ACTIONS.c.action_id == action_id)
    with session(kit().engine) as connection:
        return list(connection.execute(query.order_by(PARKED_ACTIONS.c.parked_id)).mappings())


def _chosen(action_id: UUID | None, numbers: list[int]) -> Response:
    body = orjson.dumps({"id": action_id and str(action_id), "parked": numbers})
    if action_id is None:
        return Response(body, 200, content_type=_JSON)
    location = url_for("parked_actions.show_parked_action", action_id=action_id)
    return Response(body, 202, {"Location": location}, content_type=_JSON)
