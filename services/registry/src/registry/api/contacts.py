"""HTTP for contacts; names and addresses are shown to those who may see them, and only there."""

from typing import Any
from uuid import UUID, uuid4

import orjson
import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import Email, Length

from contracts.events.contacts import ContactEvent
from contracts.events.registry import Party, PartyKind
from eventkit.database import session
from eventkit.domain import Aggregate
from eventkit.http.blueprint import Blueprint
from eventkit.http.fields import Erased, Sealed, Text
from eventkit.http.history import Timeline, found_at, offer_history
from eventkit.http.listing import Filter, Listing, same
from eventkit.http.moments import Moment, MomentQuery
from eventkit.http.schemas import Written, page_of
from eventkit.http.views import changed, created, kit, own_parties, principal
from registry.access import (
    may_read_address,
    require_managing,
    require_naming,
    require_own_successor,
)
from registry.api.parties import PartyBody, PartyOfRow
from registry.domain.contact import (
    CONTACT,
    Address,
    AppointContact,
    ChangeContact,
    Contact,
    ContactCommand,
    ReleaseContact,
)
from registry.projection.contacts import CONTACTS, contacts
from registry.references import party_of_active_contact, require_party

bp = Blueprint(
    "contacts", __name__, url_prefix="/v1/contacts", description="Contacts with an official role."
)
MOST_ADDRESSES = 500


class AddressPart(Sealed):
    """A personal column: opened for callers who may see it, null for all others."""

    def __init__(self) -> None:
        super().__init__(required=True, allow_none=True)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **options: Any) -> str | None:
        party = Party(kind=PartyKind(obj["party_kind"]), key=obj["party_key"])
        seen = value if may_read_address(principal(), party) else None
        return super()._serialize(seen, attr, obj, **options)


class ChangeContactBody(Schema):
    role = Text(1, 200, required=True)
    purpose = Text(1, 200, required=True)
    name = Text(1, 200, allow_none=True)
    email = Text(3, 200, allow_none=True, validate=Email())
    phone = Text(1, 200, allow_none=True)


class AppointContactBody(ChangeContactBody):
    party = fields.Nested(PartyBody, required=True)


class ReleaseContactBody(Schema):
    successor_id = fields.UUID(allow_none=True, load_default=None)


_ROLE = Text(1, 100, metadata={"description": "Part of the role, in any case."})
_LIST = Listing(
    name="ContactQuery",
    key=(contacts.c.contact_id,),
    sorts={
        "party": (contacts.c.party_kind, contacts.c.party_key),
        "appointed_at": (contacts.c.appointed_at,),
    },
    usual="party",
    filters={
        "party_kind": same(contacts.c.party_kind, fields.Enum(PartyKind, by_value=True)),
        "party_key": same(contacts.c.party_key, Text(1, 36)),
        "role": Filter(_ROLE, lambda part: contacts.c.role.icontains(part, autoescape=True)),
        "active": same(contacts.c.active, fields.Boolean()),
    },
)


class ContactView(Schema):
    contact_id = fields.UUID(required=True)
    party = PartyOfRow()
    role = fields.String(required=True)
    purpose = fields.String(required=True)
    name = AddressPart()
    email = AddressPart()
    phone = AddressPart()
    active = fields.Boolean(required=True)
    appointed_at = fields.AwareDateTime(required=True)
    left_at = fields.AwareDateTime(required=True, allow_none=True)
    successor_id = fields.UUID(required=True, allow_none=True)
    erased = Erased()


class AddressesBody(Schema):
    ids = fields.List(
        fields.UUID(required=True), required=True, validate=Length(min=1, max=MOST_ADDRESSES)
    )


class AddressView(Schema):
    contact_id = fields.UUID(required=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True)


class AddressesView(Schema):
    items = fields.List(fields.Nested(AddressView), required=True)


@bp.route("", methods=["POST"])
@bp.arguments(AppointContactBody)
@bp.response(201, Written)
def appoint_contact(body: dict[str, Any]) -> Response:
    """Appoint a contact with an official role; only the purpose named allows to write to them."""
    require_naming(principal(), body["party"])
    require_party(kit().engine, body["party"])
    contact_id = uuid4()
    command = AppointContact(
        contact_id=contact_id,
        party=body["party"],
        role=body["role"],
        purpose=body["purpose"],
        address=_address(body),
    )
    return created(CONTACT, contact_id, command, ".show_contact", contact_id=contact_id)


@bp.route("", methods=["GET"])
@bp.arguments(_LIST.schema, location="query")
@bp.response(200, page_of(ContactView))
def list_contacts(wanted: dict[str, Any]) -> Response:
    """List contacts by what they stand for; names and addresses for those who may see them."""
    return _LIST.answer(sa.select(contacts), ContactView, wanted)


@bp.route("/<uuid:contact_id>", methods=["GET"])
@bp.arguments(MomentQuery, location="query")
@bp.response(200, ContactView)
def show_contact(when: Moment, contact_id: UUID) -> Response:
    """Show a contact; name and address for those who may see them, null for all others."""
    return found_at(_contact(contact_id), ContactView, _TIMELINE, when)


@bp.route("/<uuid:contact_id>", methods=["PUT"])
@bp.arguments(ChangeContactBody)
@bp.response(200, Written)
def change_contact(body: dict[str, Any], contact_id: UUID) -> Response:
    """Replace role, purpose and address as a whole; what is left out is withheld."""
    command = ChangeContact(role=body["role"], purpose=body["purpose"], address=_address(body))
    return changed(_managed(), contact_id, command)


@bp.route("/<uuid:contact_id>/departure", methods=["POST"])
@bp.arguments(ReleaseContactBody)
@bp.response(200, Written)
def release_contact(body: dict[str, Any], contact_id: UUID) -> Response:
    """End the role, with the contact who takes it over where there is one."""
    successor_id, party = body["successor_id"], None
    if successor_id is not None:
        party = party_of_active_contact(kit().engine, successor_id, "/successor_id")
        require_own_successor(principal(), party, "/successor_id")
    command = ReleaseContact(successor_id=successor_id, successor_party=party)
    return changed(_managed(), contact_id, command)


@bp.route("/addresses", methods=["POST"])
@bp.arguments(AddressesBody)
@bp.response(200, AddressesView)
def read_addresses(body: dict[str, Any]) -> Response:
    """The addresses of active contacts, at the moment of sending.

    Who is unknown, has left, was erased or has no e-mail address is left out.
    """
    query = sa.select(contacts.c.contact_id, contacts.c.name, contacts.c.email).where(
        contacts.c.contact_id.in_(set(body["ids"])), contacts.c.active
    )
    with session(kit().engine) as connection:
        rows = connection.execute(query.order_by(contacts.c.contact_id)).all()
    opened = [
        {"contact_id": row.contact_id, "name": kit().vault.open(row.name), "email": email}
        for row in rows
        if (email := kit().vault.open(row.email))
    ]
    body = AddressesView().dump({"items": opened})
    return Response(orjson.dumps(body), content_type="application/json")


def _contact(contact_id: UUID) -> sa.Select[Any]:
    return sa.select(contacts).where(contacts.c.contact_id == contact_id)


_TIMELINE = Timeline(aggregate=CONTACT, model=CONTACTS, of="contact_id")
offer_history(bp, "/<uuid:contact_id>", _TIMELINE, _contact)


def _managed() -> Aggregate[Contact, ContactCommand, ContactEvent]:
    """Contacts as they are for the caller: those of others do not exist."""
    caller = principal()
    # Asked before the command has a connection of its own.
    own_parties()
    return CONTACT.judged(
        lambda contact: require_managing(caller, contact.party if contact else None)
    )


def _address(body: dict[str, Any]) -> Address:
    return Address(name=body.get("name"), email=body.get("email"), phone=body.get("phone"))
