"""ReleaseContact: somebody changes jobs, and the history stays with the municipality."""

from dataclasses import replace
from uuid import UUID

import pytest

from contracts.events.registry import ContactLeft, Party, PartyKind
from eventkit.domain import Conflict, Invalid, NotFound
from registry.domain.contact import CONTACT, Contact, ReleaseContact

PARTY = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
PRESENT = Contact(contact_id=UUID(int=7), party=PARTY, active=True)


def test_a_contact_leaves_without_a_successor() -> None:
    (event,) = CONTACT.decide(PRESENT, ReleaseContact())
    assert event == ContactLeft(contact_id=UUID(int=7), party=PARTY)
    assert not CONTACT.evolve(PRESENT, event).active


def test_a_successor_of_the_same_party_is_named() -> None:
    command = ReleaseContact(successor_id=UUID(int=8), successor_party=PARTY)
    (event,) = CONTACT.decide(PRESENT, command)
    assert isinstance(event, ContactLeft)
    assert event.successor_id == UUID(int=8)


@pytest.mark.parametrize("party", [None, Party(kind=PartyKind.MUNICIPALITY, key="08211000")])
def test_a_successor_of_another_party_is_refused(party: Party | None) -> None:
    command = ReleaseContact(successor_id=UUID(int=8), successor_party=party)
    with pytest.raises(Invalid) as refused:
        CONTACT.decide(PRESENT, command)
    assert refused.value.code == "foreign-successor"


def test_nobody_succeeds_themselves() -> None:
    command = ReleaseContact(successor_id=UUID(int=7), successor_party=PARTY)
    with pytest.raises(Invalid) as refused:
        CONTACT.decide(PRESENT, command)
    assert refused.value.code == "own-successor"


def test_who_left_cannot_leave_again() -> None:
    with pytest.raises(Conflict):
        CONTACT.decide(replace(PRESENT, active=False), ReleaseContact())


def test_an_unknown_contact_cannot_leave() -> None:
    with pytest.raises(NotFound):
        CONTACT.decide(None, ReleaseContact())
