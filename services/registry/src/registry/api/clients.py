"""HTTP for machine clients: registered and revoked by whoever administers their tenant."""

from typing import Any

import orjson
import sqlalchemy as sa
from flask import Response, url_for
from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf

from eventkit.auth.principal import SCOPES, usual_scopes
from eventkit.database import session
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Text
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Listing, alphabetical, same
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.preconditions import idempotency
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import changed, context, kit, principal
from registry.administration import leaving_an_operator, managed, managed_client, require_giving
from registry.api import withheld
from registry.credentials import new_credentials
from registry.domain.client import CLIENT, ROLES, RegisterClient, RevokeClient
from registry.projection.clients import CLIENTS, clients
from registry.references import require_tenant

bp = Blueprint("clients", __name__, url_prefix="/v1/clients", description="Machine clients.")


class ClientBody(Schema):
    name = Text(1, 200, required=True)
    role = fields.String(required=True, validate=OneOf(sorted(ROLES)))
    tenant = Text(
        1,
        36,
        allow_none=True,
        metadata={
            "description": "The key of the municipality or district; once a directory was "
            "imported, one that is in force there."
        },
    )
    scopes = fields.List(
        fields.String(validate=OneOf(SCOPES)),
        validate=Length(min=1, max=len(SCOPES)),
        metadata={
            "description": "What its tokens are good for: `read` and `write` where nothing is "
            "said, `admin` as well for organiser and operator. Only what your own token has."
        },
    )


class RevocationBody(Schema):
    reason = Text(1, 200, required=True)


class NewClientView(Schema):
    client_id = fields.String(required=True)
    client_secret = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Shown this once; null where the answer is a repetition."},
    )


class ClientView(Schema):
    client_id = fields.String(required=True)
    name = fields.String(required=True)
    role = fields.String(required=True)
    tenant = fields.String(required=True, allow_none=True)
    scopes = fields.List(fields.String(validate=OneOf(SCOPES)), required=True)
    active = fields.Boolean(required=True)
    registered_at = fields.AwareDateTime(required=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)


@bp.route("", methods=["POST"])
@bp.arguments(ClientBody)
@bp.response(201, NewClientView)
def register_client(body: dict[str, Any]) -> Response:
    """Register a client; the secret stands in this answer and nowhere else."""
    credentials = new_credentials()
    scopes = tuple(sorted(set(body.pop("scopes", usual_scopes(body["role"])))))
    require_giving(principal(), body["role"], body.get("tenant"), scopes)
    require_tenant(kit().engine, body["role"], body.get("tenant"))
    command = RegisterClient(
        client_id=credentials.client_id,
        secret_id=credentials.secret_id,
        secret_digest=credentials.digest,
        scopes=scopes,
        **body,
    )
    written = kit().execute(
        CLIENT,
        credentials.client_id,
        command,
        context=context(),
        idempotency=idempotency(required=True, resource=credentials.client_id),
    )
    if written.replayed:
        return _registered(str(written.resource), None)
    return _registered(credentials.client_id, credentials.client_secret)


_LIST = Listing(
    name="ClientQuery",
    key=(clients.c.client_id,),
    sorts={"registered_at": (clients.c.registered_at,), "name": (alphabetical(clients.c.name),)},
    usual="registered_at",
    filters={
        "role": same(clients.c.role, fields.String(validate=OneOf(sorted(ROLES)))),
        "tenant": same(clients.c.tenant, Text(1, 36)),
        "active": same(clients.c.active, fields.Boolean()),
    },
)


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(ClientView))
def list_clients(wanted: dict[str, Any]) -> Response:
    """The clients that you manage: all, those of the network, or those of your own tenant."""
    return _LIST.answer(sa.select(clients).where(managed(principal())), ClientView, wanted)


@bp.route("/<client_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, ClientView)
def show_client(when: Moment, client_id: str) -> Response:
    """Show a machine client; never its secret."""
    return found_at(_client(client_id), ClientView, _TIMELINE, when)


@bp.route("/<client_id>/revocation", methods=["POST"])
@bp.arguments(RevocationBody)
@bp.response(200, Written)
def revoke_client(body: dict[str, Any], client_id: str) -> Response:
    """No new tokens from now on; those that are out are refused everywhere within a minute.

    One operator's client with `admin` always stays.
    """
    with session(kit().engine) as connection:
        role = managed_client(connection, principal(), client_id).role
    command = RevokeClient(**body)
    if role != "operator":
        return changed(CLIENT, client_id, command)
    with leaving_an_operator(kit().engine, client_id):
        return changed(CLIENT, client_id, command)


def _client(client_id: str) -> sa.Select[Any]:
    return sa.select(clients).where(clients.c.client_id == client_id, managed(principal()))


def _registered(client_id: str, secret: str | None) -> Response:
    return Response(
        orjson.dumps({"client_id": client_id, "client_secret": secret}),
        status=201,
        headers={"Location": url_for(".show_client", client_id=client_id)},
        content_type="application/json",
    )


_TIMELINE = Timeline(aggregate=CLIENT, model=CLIENTS, of="client_id", withheld=withheld.of_client)
offer_history(bp, "/<client_id>", _TIMELINE, _client)
