"""HTTP for the secrets of a machine client: a second one comes, then the first one ends."""

from datetime import timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from flask import Response, request
from marshmallow import Schema, fields

from eventkit.database import session
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Integer
from eventkit.http.preconditions import idempotency
from eventkit.http.schemas import Written
from eventkit.http.views import changed, context, kit, principal, shown
from registry.administration import managed_client, require_scopes
from registry.credentials import new_credentials
from registry.domain.client import CLIENT, EndSecret, IssueSecret
from registry.projection.clients import is_live, secret_uses

bp = Blueprint(
    "secrets",
    __name__,
    url_prefix="/v1/clients/<client_id>/secrets",
    description="Secrets of machine clients.",
)
_USUAL_OVERLAP, _LONGEST_OVERLAP = 24, 168


class SecretBody(Schema):
    overlap_hours = Integer(
        0,
        _LONGEST_OVERLAP,
        load_default=_USUAL_OVERLAP,
        metadata={"description": "How long the older secret still opens; 0 ends it at once."},
    )


class NewSecretView(Schema):
    client_id = fields.String(required=True)
    secret_id = fields.String(required=True)
    client_secret = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Shown this once; null where the answer is a repetition."},
    )


class SecretView(Schema):
    secret_id = fields.String(required=True)
    made_at = fields.String(required=True, metadata={"format": "date-time"})
    ends_at = fields.String(
        required=True,
        allow_none=True,
        metadata={"format": "date-time", "description": "Null while no end was said."},
    )
    last_used_at = fields.AwareDateTime(
        required=True,
        allow_none=True,
        metadata={"description": "When it last got a token, to the minute."},
    )
    live = fields.Boolean(required=True)


class SecretsView(Schema):
    items = fields.List(fields.Nested(SecretView), required=True)


@bp.route("", methods=["POST"])
@bp.arguments(SecretBody)
@bp.response(201, NewSecretView)
def issue_secret(body: dict[str, Any], client_id: str) -> Response:
    """A further secret, shown this once; the older one ends after the overlap."""
    with session(kit().engine) as connection:
        client = managed_client(connection, principal(), client_id)
    # Who gets the secret gets all that it opens.
    require_scopes(principal(), client.scopes)
    credentials, now = new_credentials(client_id), kit().now()
    command = IssueSecret(
        secret_id=credentials.secret_id,
        secret_digest=credentials.digest,
        at=now,
        older_end_at=now + timedelta(hours=body["overlap_hours"]),
    )
    kept = idempotency(required=True, resource=f"{request.path}/{credentials.secret_id}")
    written = kit().execute(CLIENT, client_id, command, context=context(), idempotency=kept)
    if written.replayed:
        return _issued(client_id, str(written.resource).rpartition("/")[2], None)
    return _issued(client_id, credentials.secret_id, credentials.client_secret)


@bp.route("", methods=["GET"])
@bp.response(200, SecretsView)
def list_secrets(client_id: str) -> Response:
    """The ids of the client's secrets, their times, and nothing that would open anything."""
    with session(kit().engine) as connection:
        client = managed_client(connection, principal(), client_id)
        used = connection.execute(
            sa.select(secret_uses).where(secret_uses.c.client_id == client_id)
        ).all()
    used_at = {row.secret_id: row.used_at for row in used}
    now = kit().now()
    items = [
        {**kept, "secret_id": one, "last_used_at": used_at.get(one), "live": is_live(kept, now)}
        for one, kept in client.secrets.items()
    ]
    return shown({"items": items}, SecretsView, version=client.stream_version)


@bp.route("/<secret_id>", methods=["DELETE"])
@bp.response(200, Written)
def end_secret(client_id: str, secret_id: str) -> Response:
    """End a secret at once; never the last one. Tokens that it got live on until they expire."""
    with session(kit().engine) as connection:
        managed_client(connection, principal(), client_id)
    return changed(CLIENT, client_id, EndSecret(secret_id=secret_id, at=kit().now()))


def _issued(client_id: str, secret_id: str, secret: str | None) -> Response:
    body = {"client_id": client_id, "secret_id": secret_id, "client_secret": secret}
    return Response(orjson.dumps(body), status=201, content_type="application/json")
