"""AppointContact: nobody is a contact without an official role."""

from dataclasses import fields, replace
from uuid import UUID

import pytest

from contracts.events.registry import ContactAppointed, Party, PartyKind
from eventkit.domain import Conflict, Invalid
from registry.domain.contact import CONTACT, Address, AppointContact, Contact

PARTY = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
COMMAND = AppointContact(
    contact_id=UUID(int=7),
    party=PARTY,
    role="Integrationsbeauftragte:r der Stadt Pforzheim",
    purpose="Einladungen zu Netzwerktreffen",
    address=Address(email="integration.pforzheim@example.org"),
)


def test_a_contact_is_appointed_with_role_purpose_and_address() -> None:
    (event,) = CONTACT.decide(None, COMMAND)
    assert isinstance(event, ContactAppointed)
    assert (event.role, event.purpose) == (COMMAND.role, COMMAND.purpose)
    assert (event.name, event.email, event.phone) == (
        None,
        "integration.pforzheim@example.org",
        None,
    )


@pytest.mark.parametrize("role", ["", "  ", "\u3000"])
def test_a_contact_without_a_role_is_refused(role: str) -> None:
    with pytest.raises(Invalid) as refused:
        CONTACT.decide(None, replace(COMMAND, role=role))
    assert (refused.value.code, refused.value.pointer) == ("role-missing", "/role")


def test_a_contact_cannot_be_appointed_twice() -> None:
    present = Contact(contact_id=UUID(int=7), party=PARTY, active=True)
    with pytest.raises(Conflict):
        CONTACT.decide(present, COMMAND)


def test_the_state_keeps_nothing_that_identifies_a_person() -> None:
    kept = {"contact_id", "party", "active", "erased", "certified"}
    assert {field.name for field in fields(Contact)} == kept
