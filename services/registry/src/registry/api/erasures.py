"""HTTP for the end of a contact's personal data, and for all that is held of it."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Response

from contracts.events.registry import Party, PartyKind
from eventkit.database import session
from eventkit.http import erasures
from eventkit.http.blueprint import Blueprint
from eventkit.http.schemas import Written
from eventkit.http.views import kit, own_parties, principal
from registry.access import CIRCLES, MANAGING, require_managing
from registry.domain.contact import Contact
from registry.projection.contacts import contacts

bp = Blueprint(
    "contact_data",
    __name__,
    url_prefix="/v1/contacts",
    description="What is held of a contact, and its end.",
)


@bp.route("/<uuid:contact_id>/erasure", methods=["POST"])
@bp.arguments(erasures.ErasureBody)
@bp.response(200, Written)
def erase_contact(body: dict[str, Any], contact_id: UUID) -> Response:
    """Erase name and addresses for good, wherever they are; role and party stay.

    It cannot be undone. The certificate at the same address says how far all services are.
    """
    caller = principal()
    # Asked before the command has a connection of its own.
    own_parties()

    def judge(contact: Contact | None) -> None:
        require_managing(caller, contact.party if contact else None)

    return erasures.erase(contact_id, body["reason"], judge)


@bp.route("/<uuid:contact_id>/erasure", methods=["GET"])
@bp.arguments(erasures.NoParameters, location="query")
@bp.response(200, erasures.CertificateView)
def show_erasure(_: dict[str, Any], contact_id: UUID) -> Response:
    """Show the certificate of an erasure: what each service cleared, and which are missing."""
    # Of who is not in this store since a restore no party is known; the organiser may ask.
    if principal().role not in CIRCLES[MANAGING].roles:
        _require_managed(contact_id)
    return erasures.show_certificate(contact_id)


@bp.route("/<uuid:contact_id>/export", methods=["GET"])
@bp.arguments(erasures.NoParameters, location="query")
@bp.response(200, erasures.ExportView)
def export_contact(_: dict[str, Any], contact_id: UUID) -> Response:
    """Give out all that this service holds of a contact, with where it came from."""
    _require_managed(contact_id)
    return erasures.show_export(contact_id)


def _require_managed(contact_id: UUID) -> None:
    # Also of who is not there, so that foreign and absent people cost the same.
    own_parties()
    query = sa.select(contacts.c.party_kind, contacts.c.party_key)
    with session(kit().engine) as connection:
        row = connection.execute(query.where(contacts.c.contact_id == contact_id)).one_or_none()
    party = Party(kind=PartyKind(row.party_kind), key=row.party_key) if row else None
    require_managing(principal(), party)
