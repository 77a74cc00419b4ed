"""Whose personal data the register owns: its contacts'. See eventkit.erasure."""

from uuid import UUID

import sqlalchemy as sa

from contracts.erasure import ErasurePart, ErasureReason
from eventkit.erasure.holdings import Holding, People
from registry.domain.contact import CONTACT, CertifyErasure, EraseContact
from registry.projection.contacts import PERSONAL, contacts
from registry.projection.seats import seats


def _key(_: sa.Connection, person: UUID) -> UUID:
    """A contact has a stream of its own, under its id."""
    return person


def _erase(_: UUID, reason: ErasureReason) -> EraseContact:
    return EraseContact(reason=reason)


def _certify(_: UUID, parts: tuple[ErasurePart, ...]) -> CertifyErasure:
    return CertifyErasure(parts=parts)


PEOPLE = People(
    aggregate=CONTACT,
    key=_key,
    erase=_erase,
    certify=_certify,
    holders=("meetings", "notifications"),
)
HOLDINGS = (
    Holding(owner="registry", table=contacts, person="contact_id", personal=PERSONAL),
    Holding(owner="registry", table=contacts, person="successor_id"),
    Holding(owner="registry", table=seats, person="contact_id"),
)
