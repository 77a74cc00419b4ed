"""HTTP for webhook endpoints: everybody manages their own, and a secret is shown once."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import orjson
import sqlalchemy as sa
from flask import Response, request
from marshmallow import Schema, fields
from marshmallow.validate import Length

from eventkit.auth.principal import Principal
from eventkit.database import session
from eventkit.domain import Invalid, NotFound
from eventkit.http import preconditions
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Text
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Listing, same
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import changed, context, created, kit, principal
from notifications.api.deliveries import CALLS, DeliveryView
from notifications.delivery.webhooks import rules_of
from notifications.domain.endpoint import (
    ENDPOINT,
    RegisterEndpoint,
    RemoveEndpoint,
    RotateSecret,
)
from notifications.projection.deliveries import deliveries
from notifications.projection.endpoints import ENDPOINTS, EndpointState, endpoints
from notifications.settings import settings_of
from notifications.webhook.resolver import Resolver, Unresolved
from notifications.webhook.signature import new_secret
from notifications.webhook.vetting import NotAllowed, parse, vet

bp = Blueprint(
    "endpoints",
    __name__,
    url_prefix="/v1/endpoints",
    description="Webhooks: where a member of the network hears of events.",
)
# How long the secret before a rotation signs as well.
OVERLAP = timedelta(hours=24)


class RegisterEndpointBody(Schema):
    # Any text: whatever is no allowed address is refused as one, in whatever way it is written.
    url = fields.String(required=True)
    event_types = fields.List(
        Text(1, 100),
        required=True,
        validate=Length(min=1, max=50),
        metadata={
            "description": "`*` for all events, `meeting.*` for all of one kind, or exact names:"
            " `meeting.scheduled` in whatever version, `meeting.scheduled.v1` in this one; also"
            " after the prefix `netztreff.` of the feed. What no event is called by is refused."
        },
    )


class OlderSecretUntil(fields.AwareDateTime):
    """Null once the time is over: the row keeps it until the next rotation."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        is_over = value is None or value <= kit().now()
        return super()._serialize(None if is_over else value, attr, obj, **kwargs)


class EndpointView(Schema):
    endpoint_id = fields.UUID(required=True)
    url = fields.String(required=True)
    event_types = fields.List(fields.String(), required=True)
    state = fields.String(required=True)
    disabled_reason = fields.String(required=True, allow_none=True)
    registered_at = fields.AwareDateTime(required=True)
    older_secret_until = OlderSecretUntil(
        required=True,
        allow_none=True,
        attribute="previous_until",
        metadata={"description": "Until when the secret before signs as well; null: none does."},
    )


class WithSecret(Written):
    secret = fields.String(
        metadata={"description": "For checking signatures; absent when an answer is repeated."}
    )


@cache
def _resolver() -> Resolver:
    return Resolver()


@bp.route("", methods=["POST"])
@bp.arguments(RegisterEndpointBody)
@bp.response(201, WithSecret)
def register_endpoint(body: dict[str, Any]) -> Response:
    """The address is looked up and judged now, and again at each call."""
    _vet(body["url"])
    endpoint_id, secret, caller = uuid4(), new_secret(), principal()
    command = RegisterEndpoint(
        endpoint_id=endpoint_id,
        owner=_owner(caller),
        owner_role=caller.role,
        url=body["url"],
        event_types=tuple(body["event_types"]),
        secret=secret,
    )
    answer = created(ENDPOINT, endpoint_id, command, ".show_endpoint", endpoint_id=endpoint_id)
    told = orjson.loads(answer.get_data())
    # A repeated answer names the endpoint of the first call, whose secret is not ours to know.
    if told["id"] == str(endpoint_id):
        answer.set_data(orjson.dumps(told | {"secret": secret}))
    return answer


_LIST = Listing(
    name="EndpointQuery",
    key=(endpoints.c.endpoint_id,),
    sorts={"registered_at": (endpoints.c.registered_at,)},
    usual="registered_at",
    filters={"state": same(endpoints.c.state, fields.Enum(EndpointState, by_value=True))},
)


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(EndpointView))
def list_endpoints(wanted: dict[str, Any]) -> Response:
    """List one's own webhook endpoints."""
    return _LIST.answer(_own(), EndpointView, wanted)


@bp.route("/<uuid:endpoint_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, EndpointView)
def show_endpoint(when: Moment, endpoint_id: UUID) -> Response:
    """Show one of one's own webhook endpoints; never its secret."""
    return found_at(_endpoint(endpoint_id), EndpointView, _TIMELINE, when)


@bp.route("/<uuid:endpoint_id>", methods=["DELETE"])
@bp.response(200, Written)
def remove_endpoint(endpoint_id: UUID) -> Response:
    """Remove one of one's own webhook endpoints; nothing is sent there from now on."""
    _require_own(endpoint_id)
    return changed(ENDPOINT, endpoint_id, RemoveEndpoint(endpoint_id=endpoint_id))


@bp.route("/<uuid:endpoint_id>/secrets", methods=["POST"])
@bp.response(201, WithSecret)
def rotate_secret(endpoint_id: UUID) -> Response:
    """A new secret; for a day the one before signs as well, and there is no third one."""
    _require_own(endpoint_id)
    secret, now = new_secret(), kit().now()
    written = kit().execute(
        ENDPOINT,
        endpoint_id,
        RotateSecret(endpoint_id=endpoint_id, secret=secret, at=now, previous_until=now + OVERLAP),
        context=context(),
        idempotency=preconditions.idempotency(required=True, resource=request.path),
    )
    told = {"id": str(endpoint_id), "version": written.version}
    shown = told if written.replayed else told | {"secret": secret}
    headers = {"ETag": preconditions.tag(written.version)}
    return Response(orjson.dumps(shown), 201, headers, content_type="application/json")


@bp.route("/<uuid:endpoint_id>/deliveries", methods=["GET"])
@bp.arguments(CALLS.schema, location="query")
@bp.response(200, page_of(DeliveryView))
def list_calls(wanted: dict[str, Any], endpoint_id: UUID) -> Response:
    """The delivery log of one's own endpoint."""
    _require_own(endpoint_id)
    query = sa.select(deliveries).where(deliveries.c.recipient_id == endpoint_id)
    return CALLS.answer(query, DeliveryView, wanted)


def _vet(url: str) -> None:
    rules = rules_of(settings_of(kit()))
    try:
        target = parse(url, rules)
    except NotAllowed as error:
        raise Invalid(
            "endpoint-not-allowed",
            "Webhooks do not go to this address: https and a public address are needed.",
            pointer="/url",
        ) from error
    try:
        vet(target, rules, _resolver())
    except (NotAllowed, Unresolved) as error:
        # One answer for both: which names lead inside would map the network.
        raise Invalid(
            "endpoint-unresolved",
            "The name in this address leads to no public address; check how it is spelled.",
            pointer="/url",
        ) from error


def _own() -> sa.Select[Any]:
    caller = principal()
    return sa.select(endpoints).where(
        endpoints.c.owner == _owner(caller), endpoints.c.owner_role == caller.role
    )


def _endpoint(endpoint_id: UUID) -> sa.Select[Any]:
    return _own().where(endpoints.c.endpoint_id == endpoint_id)


_TIMELINE = Timeline(aggregate=ENDPOINT, model=ENDPOINTS, of="endpoint_id")
offer_history(bp, "/<uuid:endpoint_id>", _TIMELINE, _endpoint)


def _require_own(endpoint_id: UUID) -> None:
    with session(kit().engine) as connection:
        if connection.execute(_endpoint(endpoint_id)).first() is None:
            raise NotFound("not-found", "There is no such thing here.")


def _owner(caller: Principal) -> str:
    return caller.tenant or caller.role
