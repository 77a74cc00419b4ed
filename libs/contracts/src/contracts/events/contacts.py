"""The end of a contact's personal data; how contacts come and go stands in `registry`."""

from datetime import date
from uuid import UUID

from contracts.catalog import event
from contracts.erasure import ErasurePart, ErasureReason
from contracts.events.registry import ContactAppointed, ContactChanged, ContactLeft, Party

_SINCE = date(2026, 11, 22)


@event("contact.erased", version=1, since=_SINCE, erases="contact_id")
class ContactErased:
    """Name and addresses of a contact are gone for good; role and party stay (P09)."""

    contact_id: UUID
    party: Party
    reason: ErasureReason


@event("contact.erasure_certified", version=1, since=_SINCE)
class ContactErasureCertified:
    """Every service that held a part of an erased contact has cleared it."""

    contact_id: UUID
    party: Party
    parts: tuple[ErasurePart, ...]


ContactEvent = (
    ContactAppointed | ContactChanged | ContactLeft | ContactErased | ContactErasureCertified
)
