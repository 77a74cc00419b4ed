"""An erasure is certified once, and only after it."""

from uuid import UUID

import pytest

from contracts.erasure import ErasurePart
from contracts.events.contacts import ContactErasureCertified
from contracts.events.registry import Party, PartyKind
from eventkit.domain import Conflict
from registry.domain.contact import CONTACT, CertifyErasure, Contact

ID = UUID(int=7)
PARTY = Party(kind=PartyKind.MUNICIPALITY, key="08231000")
PRESENT = Contact(contact_id=ID, party=PARTY, active=True)
ERASED = Contact(contact_id=ID, party=PARTY, active=False, erased=True)
PART = ErasurePart(service="meetings", cleared=1, remaining=2, remains="0" * 64)
CERTIFY = CertifyErasure(parts=(PART,))
CERTIFIED = ContactErasureCertified(contact_id=ID, party=PARTY, parts=(PART,))


def test_the_certificate_says_what_every_service_cleared() -> None:
    assert CONTACT.decide(ERASED, CERTIFY) == [CERTIFIED]


def test_who_was_not_erased_gets_no_certificate() -> None:
    with pytest.raises(Conflict):
        CONTACT.decide(PRESENT, CERTIFY)


def test_a_second_certificate_is_not_written() -> None:
    assert CONTACT.decide(CONTACT.evolve(ERASED, CERTIFIED), CERTIFY) == []
