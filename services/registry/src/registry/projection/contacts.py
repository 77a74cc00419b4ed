"""The contacts by party; name and address stay sealed in the table."""

from collections.abc import Iterable
from typing import assert_never

import sqlalchemy as sa

from contracts.events.contacts import ContactErased, ContactErasureCertified, ContactEvent
from contracts.events.registry import ContactAppointed, ContactChanged, ContactLeft
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from registry.tables import metadata

contacts = sa.Table(
    "contacts",
    metadata,
    sa.Column("contact_id", sa.Uuid, primary_key=True),
    sa.Column("party_kind", sa.Text, nullable=False),
    sa.Column("party_key", sa.Text, nullable=False, index=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("name", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("left_at", sa.DateTime(timezone=True)),
    sa.Column("successor_id", sa.Uuid),
    sa.Column("erased", sa.Boolean, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)
# What identifies the person; sealed, and empty for good once they are erased.
PERSONAL = ("name", "email", "phone")


def keys(recorded: Recorded[ContactEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            ContactAppointed(contact_id=contact_id)
            | ContactChanged(contact_id=contact_id)
            | ContactLeft(contact_id=contact_id)
            | ContactErased(contact_id=contact_id)
            | ContactErasureCertified(contact_id=contact_id)
        ):
            return [(contact_id,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[ContactEvent]) -> Row | None:
    event = recorded.event
    match event:
        case ContactAppointed():
            return _stated(event) | {
                "active": True,
                "appointed_at": recorded.occurred_at,
                "left_at": None,
                "successor_id": None,
                "erased": False,
            }
        case ContactChanged():
            return row and row | _stated(event)
        case ContactLeft():
            return row and row | {
                "active": False,
                "left_at": recorded.occurred_at,
                "successor_id": event.successor_id,
            }
        case ContactErased():
            return row and row | dict.fromkeys(PERSONAL) | {"active": False, "erased": True}
        case ContactErasureCertified():
            return row
    assert_never(event)


def _stated(event: ContactAppointed | ContactChanged) -> Row:
    return {
        "contact_id": event.contact_id,
        "party_kind": event.party.kind.value,
        "party_key": event.party.key,
        "role": event.role,
        "purpose": event.purpose,
        "name": event.name,
        "email": event.email,
        "phone": event.phone,
    }


CONTACTS = ReadModel(name="contacts", table=contacts, keys=keys, change=change)
