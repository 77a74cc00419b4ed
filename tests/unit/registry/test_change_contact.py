"""ChangeContact: role and address are replaced as a whole, the party stays."""

from dataclasses import replace
from uuid import UUID

import pytest

from contracts.events.registry import ContactChanged, Party, PartyKind
from eventkit.domain import Conflict, Invalid, NotFound
from registry.domain.contact import CONTACT, Address, ChangeContact, Contact

PARTY = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
PRESENT = Contact(contact_id=UUID(int=7), party=PARTY, active=True)
COMMAND = ChangeContact(
    role="Amtsleitung", purpose="Einladungen", address=Address(phone="+49 7231 0")
)


def test_a_change_keeps_the_party_and_withholds_what_is_left_out() -> None:
    (event,) = CONTACT.decide(PRESENT, COMMAND)
    assert isinstance(event, ContactChanged)
    assert (event.party, event.role) == (PARTY, "Amtsleitung")
    assert (event.name, event.email, event.phone) == (None, None, "+49 7231 0")


def test_a_role_cannot_be_taken_away() -> None:
    with pytest.raises(Invalid):
        CONTACT.decide(PRESENT, replace(COMMAND, role=" "))


def test_who_left_cannot_be_changed() -> None:
    with pytest.raises(Conflict) as refused:
        CONTACT.decide(replace(PRESENT, active=False), COMMAND)
    assert refused.value.code == "contact-left"


def test_an_unknown_contact_cannot_be_changed() -> None:
    with pytest.raises(NotFound):
        CONTACT.decide(None, COMMAND)
