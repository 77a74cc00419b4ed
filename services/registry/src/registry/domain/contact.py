"""Contacts: who speaks for a municipality, a district or an organisation, in which role.

Pure: no I/O, no clock. The state keeps nothing that identifies a person.
"""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from contracts.erasure import ErasurePart, ErasureReason
from contracts.events.contacts import ContactErased, ContactErasureCertified, ContactEvent
from contracts.events.registry import ContactAppointed, ContactChanged, ContactLeft, Party
from eventkit.domain import Aggregate, Conflict, Invalid, NotFound


@dataclass(frozen=True, kw_only=True)
class Address:
    """How a person is called and reached; every part may be withheld."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, kw_only=True)
class AppointContact:
    """Name a contact for a party; `purpose` says what the address may be used for."""

    contact_id: UUID
    party: Party
    role: str
    purpose: str
    address: Address


@dataclass(frozen=True, kw_only=True)
class ChangeContact:
    """Replace role, purpose and address as a whole; what is left out is withheld."""

    role: str
    purpose: str
    address: Address


@dataclass(frozen=True, kw_only=True)
class ReleaseContact:
    """End the role; `successor_party` is whom the successor stands for in the register."""

    successor_id: UUID | None = None
    successor_party: Party | None = None


@dataclass(frozen=True, kw_only=True)
class EraseContact:
    """End the personal data for good; the role ends with it."""

    reason: ErasureReason


@dataclass(frozen=True, kw_only=True)
class CertifyErasure:
    """Every service that held a part says what it cleared."""

    parts: tuple[ErasurePart, ...]


ContactCommand = AppointContact | ChangeContact | ReleaseContact | EraseContact | CertifyErasure


@dataclass(frozen=True, kw_only=True)
class Contact:
    contact_id: UUID
    party: Party
    active: bool
    erased: bool = False
    certified: bool = False


def decide(contact: Contact | None, command: ContactCommand) -> list[ContactEvent]:
    match command:
        case AppointContact():
            return appoint(contact, command)
        case ChangeContact():
            return change(_active(contact), command)
        case ReleaseContact():
            return release(_active(contact), command)
        case EraseContact():
            return erase(_existing(contact), command)
        case CertifyErasure():
            return certify(_existing(contact), command)
    assert_never(command)


def evolve(contact: Contact | None, event: ContactEvent) -> Contact:
    match event:
        case ContactAppointed() | ContactChanged():
            return Contact(contact_id=event.contact_id, party=event.party, active=True)
        case ContactLeft():
            return replace(_existing(contact), active=False)
        case ContactErased():
            return replace(_existing(contact), active=False, erased=True, certified=False)
        case ContactErasureCertified():
            return replace(_existing(contact), certified=True)
    assert_never(event)


def appoint(contact: Contact | None, command: AppointContact) -> list[ContactEvent]:
    if contact is not None:
        raise Conflict("already-appointed", "This contact is already in the register.")
    _refuse_blank_role(command.role)
    return [
        ContactAppointed(
            contact_id=command.contact_id,
            party=command.party,
            role=command.role,
            purpose=command.purpose,
            name=command.address.name,
            email=command.address.email,
            phone=command.address.phone,
        )
    ]


def change(contact: Contact, command: ChangeContact) -> list[ContactEvent]:
    _refuse_blank_role(command.role)
    return [
        ContactChanged(
            contact_id=contact.contact_id,
            party=contact.party,
            role=command.role,
            purpose=command.purpose,
            name=command.address.name,
            email=command.address.email,
            phone=command.address.phone,
        )
    ]


def release(contact: Contact, command: ReleaseContact) -> list[ContactEvent]:
    if command.successor_id == contact.contact_id:
        raise Invalid("own-successor", "Nobody succeeds themselves.", pointer="/successor_id")
    if command.successor_id is not None and command.successor_party != contact.party:
        raise Invalid(
            "foreign-successor",
            "A successor stands for the same municipality, district or organisation.",
            pointer="/successor_id",
        )
    return [
        ContactLeft(
            contact_id=contact.contact_id,
            party=contact.party,
            successor_id=command.successor_id,
        )
    ]


def erase(contact: Contact, command: EraseContact) -> list[ContactEvent]:
    """Whoever was erased stays so: a second time changes nothing."""
    if contact.erased:
        return []
    return [
        ContactErased(contact_id=contact.contact_id, party=contact.party, reason=command.reason)
    ]


def certify(contact: Contact, command: CertifyErasure) -> list[ContactEvent]:
    if not contact.erased:
        raise Conflict("not-erased", "Nobody erased the data of this person.")
    if contact.certified:
        return []
    return [
        ContactErasureCertified(
            contact_id=contact.contact_id, party=contact.party, parts=command.parts
        )
    ]


def _refuse_blank_role(role: str) -> None:
    if not role.strip():
        raise Invalid("role-missing", "A contact has an official role.", pointer="/role")


def _active(contact: Contact | None) -> Contact:
    present = _existing(contact)
    if present.erased:
        raise Conflict("person-erased", "The data of this person was erased.")
    if not present.active:
        raise Conflict("contact-left", "The contact has given up the role.")
    return present


def _existing(contact: Contact | None) -> Contact:
    if contact is None:
        raise NotFound("unknown-contact", "There is no such contact.")
    return contact


CONTACT = Aggregate(name="contact", decide=decide, evolve=evolve)
