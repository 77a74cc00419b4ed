"""HTTP for the services of the network: whose tokens are refused from now on."""

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields
from orjson import dumps

from eventkit.database import session
from eventkit.http.blueprint import Blueprint
from eventkit.http.schemas import Unversioned
from eventkit.http.views import kit
from registry.projection.clients import clients
from registry.signing_keys import recently_revoked

bp = Blueprint(
    "revocations", __name__, url_prefix="/v1/revocations", description="Revoked clients."
)


class RevocationView(Schema):
    client_id = fields.String(required=True)
    revoked_at = fields.AwareDateTime(required=True)


class RevocationsView(Unversioned):
    items = fields.List(fields.Nested(RevocationView), required=True)


@bp.route("", methods=["GET"])
@bp.response(200, RevocationsView)
def list_revocations() -> Response:
    """Clients revoked in the last 15 minutes: longer than any of their tokens lives."""
    query = sa.select(clients.c.client_id, clients.c.revoked_at).where(recently_revoked())
    with session(kit().engine) as connection:
        rows = connection.execute(query.order_by(clients.c.revoked_at)).mappings().all()
    body = dumps(RevocationsView().dump({"items": rows}))
    return Response(body, content_type="application/json")
