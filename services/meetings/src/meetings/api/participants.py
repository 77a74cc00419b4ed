"""HTTP for addresses of participants: only for services, only at the moment of sending."""

from typing import Any

import orjson
import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import Length

from eventkit.database import session
from eventkit.http.blueprint import Blueprint
from eventkit.http.views import kit
from meetings.api.links import link_to
from meetings.projection.calendar import calendar
from meetings.projection.registrations import WITHDRAWN, registrations

bp = Blueprint(
    "participants",
    __name__,
    url_prefix="/v1/participants",
    description="Addresses of participants, for the services that write to them.",
)
MOST_ADDRESSES = 500


class AddressesBody(Schema):
    ids = fields.List(
        fields.UUID(required=True), required=True, validate=Length(min=1, max=MOST_ADDRESSES)
    )


class AddressView(Schema):
    participant_id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True)
    link = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Where this person sees the registration; for nobody else. Null for "
            "whoever gave the place back."
        },
    )


class AddressesView(Schema):
    items = fields.List(fields.Nested(AddressView), required=True)


@bp.route("/addresses", methods=["POST"])
@bp.arguments(AddressesBody)
@bp.response(200, AddressesView)
def read_addresses(body: dict[str, Any]) -> Response:
    """The addresses that participants gave here.

    Who is unknown, was erased, or is a contact of the registry is left out. Who withdrew has an
    address still, for one last mail: the one that confirms it.
    """
    query = (
        sa.select(registrations, calendar.c.starts_at, calendar.c.ends_at)
        .join(calendar, calendar.c.meeting_id == registrations.c.meeting_id)
        .where(registrations.c.participant_id.in_(set(body["ids"])))
    )
    with session(kit().engine) as connection:
        rows = connection.execute(query.order_by(registrations.c.participant_id)).all()
    vault = kit().vault
    opened = [
        {
            "participant_id": row.participant_id,
            "name": vault.open(row.name),
            "email": email,
            "link": _link(row),
        }
        for row in rows
        if (email := vault.open(row.email))
    ]
    answer = orjson.dumps(AddressesView().dump({"items": opened}))
    return Response(answer, content_type="application/json")


def _link(row: Any) -> str | None:
    return None if row.standing == WITHDRAWN else link_to(row, row.ends_at or row.starts_at)
