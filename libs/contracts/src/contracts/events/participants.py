"""The end of a guest's personal data; how people get places stands in `meetings`."""

from datetime import date
from uuid import UUID

from contracts.catalog import event
from contracts.erasure import ErasurePart, ErasureReason
from contracts.events.registry import Party

_SINCE = date(2026, 11, 22)


@event("participant.erased", version=1, since=_SINCE, erases="participant_id")
class ParticipantErased:
    """Name and address of a guest are gone for good; that somebody was there stays (P09)."""

    meeting_id: UUID
    participant_id: UUID
    reason: ErasureReason
    party: Party | None = None


@event("participant.erasure_certified", version=1, since=_SINCE)
class ParticipantErasureCertified:
    """Every service that held a part of an erased guest has cleared it."""

    meeting_id: UUID
    participant_id: UUID
    parts: tuple[ErasurePart, ...]
    party: Party | None = None
