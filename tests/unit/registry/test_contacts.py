"""The read model of contacts, whose personal fields arrive sealed and stay so."""

from uuid import UUID

from contracts.events.registry import (
    ContactAppointed,
    ContactChanged,
    ContactLeft,
    Party,
    PartyKind,
)
from eventkit.testing import folded
from registry.projection.contacts import CONTACTS

CONTACT_ID = UUID(int=7)
PARTY = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
APPOINTED = ContactAppointed(
    contact_id=CONTACT_ID,
    party=PARTY,
    role="Integrationsbeauftragte:r",
    purpose="Einladungen",
    email="sealed1:a",
)
CHANGED = ContactChanged(
    contact_id=CONTACT_ID,
    party=PARTY,
    role="Amtsleitung",
    purpose="Einladungen",
    phone="sealed1:b",
)
LEFT = ContactLeft(contact_id=CONTACT_ID, party=PARTY, successor_id=UUID(int=8))


def test_an_appointed_contact_is_active_and_sealed() -> None:
    row = folded(CONTACTS, [APPOINTED])[CONTACT_ID,]
    assert (row["email"], row["name"], row["active"]) == ("sealed1:a", None, True)
    assert (row["party_kind"], row["party_key"]) == ("municipality", "08231000")


def test_a_change_replaces_the_whole_address_and_keeps_the_appointment() -> None:
    row = folded(CONTACTS, [APPOINTED, CHANGED])[CONTACT_ID,]
    assert (row["role"], row["email"], row["phone"]) == ("Amtsleitung", None, "sealed1:b")
    assert (row["active"], row["appointed_at"] is not None) == (True, True)


def test_who_left_stays_by_role_with_the_successor() -> None:
    row = folded(CONTACTS, [APPOINTED, LEFT])[CONTACT_ID,]
    assert (row["active"], row["successor_id"]) == (False, UUID(int=8))
    assert row["role"] == "Integrationsbeauftragte:r"
