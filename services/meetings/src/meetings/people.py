"""Whose personal data meetings own: guests'. Contacts stand here by their ids alone."""

from uuid import UUID

import sqlalchemy as sa

from contracts.erasure import ErasurePart, ErasureReason
from eventkit.erasure.holdings import Holding, People
from meetings.domain.erasure import CertifyParticipantErasure, EraseParticipant
from meetings.domain.meeting import MEETING
from meetings.projection.network import contacts
from meetings.projection.registrations import PERSONAL, registrations


def _meeting(sql: sa.Connection, person: UUID) -> UUID | None:
    """A guest has an id of its own at each meeting, and stands in the meeting's stream."""
    column = registrations.c.participant_id
    return sql.scalar(sa.select(registrations.c.meeting_id).where(column == person))


def _erase(person: UUID, reason: ErasureReason) -> EraseParticipant:
    return EraseParticipant(participant_id=person, reason=reason)


def _certify(person: UUID, parts: tuple[ErasurePart, ...]) -> CertifyParticipantErasure:
    return CertifyParticipantErasure(participant_id=person, parts=parts)


PEOPLE = People(
    aggregate=MEETING, key=_meeting, erase=_erase, certify=_certify, holders=("notifications",)
)
HOLDINGS = (
    Holding(owner="meetings", table=registrations, person="participant_id", personal=PERSONAL),
    Holding(owner="registry", table=registrations, person="contact_id"),
    Holding(owner="registry", table=contacts, person="contact_id"),
)
