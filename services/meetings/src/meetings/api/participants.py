"""HTTP for addresses and links of participants: only for services, at the moment of sending."""

from collections.abc import Sequence
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
from meetings.projection.network import contacts
from meetings.projection.registrations import WITHDRAWN, registrations

bp = Blueprint(
    "participants",
    __name__,
    url_prefix="/v1/participants",
    description="Addresses and links of participants, for the services that write to them.",
)
MOST_IDS = 500


class ParticipantsBody(Schema):
    ids = fields.List(
        fields.UUID(required=True), required=True, validate=Length(min=1, max=MOST_IDS)
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


class LinkView(Schema):
    participant_id = fields.UUID(required=True)
    link = fields.String(
        required=True,
        metadata={"description": "Where this person sees the registration; for nobody else."},
    )


class LinksView(Schema):
    items = fields.List(fields.Nested(LinkView), required=True)


@bp.route("/addresses", methods=["POST"])
@bp.arguments(ParticipantsBody)
@bp.response(200, AddressesView)
def read_addresses(body: dict[str, Any]) -> Response:
    """The addresses that participants gave here.

    Who is unknown, was erased, or is a contact of the registry is left out. Who withdrew has an
    address still, for one last mail: the one that confirms it.
    """
    rows = _registered(registrations.c.participant_id.in_(set(body["ids"])))
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
    return _answer(AddressesView(), opened)


@bp.route("/links", methods=["POST"])
@bp.arguments(ParticipantsBody)
@bp.response(200, LinksView)
def read_links(body: dict[str, Any]) -> Response:
    """The personal links of participants who are contacts, whose addresses the registry knows.

    Who is unknown, withdrew, or is no contact is left out, and so are contacts who have left.
    """
    rows = _registered(
        registrations.c.participant_id.in_(set(body["ids"])),
        registrations.c.contact_id.in_(sa.select(contacts.c.contact_id).where(contacts.c.active)),
        registrations.c.standing != WITHDRAWN,
    )
    made = [{"participant_id": row.participant_id, "link": _link(row)} for row in rows]
    return _answer(LinksView(), made)


def _registered(*which: sa.ColumnElement[bool]) -> Sequence[sa.Row[Any]]:
    """Registrations with the times of their meetings, in the order of the participants' ids."""
    query = (
        sa.select(registrations, calendar.c.starts_at, calendar.c.ends_at)
        .join(calendar, calendar.c.meeting_id == registrations.c.meeting_id)
        .where(*which)
    )
    with session(kit().engine) as connection:
        return connection.execute(query.order_by(registrations.c.participant_id)).all()


def _answer(view: Schema, items: list[dict[str, Any]]) -> Response:
    return Response(orjson.dumps(view.dump({"items": items})), content_type="application/json")


def _link(row: Any) -> str | None:
    return None if row.standing == WITHDRAWN else link_to(row, row.ends_at or row.starts_at)
