"""Erasing a contact: for good, and once."""

from uuid import UUID

import pytest

from contracts.erasure import ErasureReason
from contracts.events.contacts import ContactErased
from contracts.events.registry import Party, PartyKind
from eventkit.domain import Conflict, NotFound
from registry.domain.contact import (
    CONTACT,
    Address,
    AppointContact,
    ChangeContact,
    Contact,
    ContactCommand,
    EraseContact,
    ReleaseContact,
)

ID = UUID(int=7)
PARTY = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
ACTIVE = Contact(contact_id=ID, party=PARTY, active=True)
LEFT = Contact(contact_id=ID, party=PARTY, active=False)
ERASE = EraseContact(reason=ErasureReason.REQUEST)
ERASED = ContactErased(contact_id=ID, party=PARTY, reason=ErasureReason.REQUEST)
GONE = CONTACT.evolve(ACTIVE, ERASED)


@pytest.mark.parametrize("contact", [ACTIVE, LEFT])
def test_a_contact_is_erased_whether_it_has_left_or_not(contact: Contact) -> None:
    assert CONTACT.decide(contact, ERASE) == [ERASED]


def test_an_erased_contact_holds_its_role_no_more() -> None:
    assert (GONE.erased, GONE.active, GONE.party) == (True, False, PARTY)


def test_a_second_erasure_changes_nothing() -> None:
    assert CONTACT.decide(GONE, ERASE) == []


@pytest.mark.parametrize(
    "command",
    [
        ChangeContact(role="x", purpose="x", address=Address(name="wieder da")),
        ReleaseContact(),
        AppointContact(contact_id=ID, party=PARTY, role="x", purpose="x", address=Address()),
    ],
)
def test_nothing_brings_an_erased_contact_back(command: ContactCommand) -> None:
    with pytest.raises(Conflict):
        CONTACT.decide(GONE, command)


def test_an_unknown_contact_cannot_be_erased() -> None:
    with pytest.raises(NotFound):
        CONTACT.decide(None, ERASE)
