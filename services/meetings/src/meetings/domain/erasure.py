"""The end of a guest's personal data at a meeting, and the certificate that it is complete."""

from dataclasses import dataclass
from uuid import UUID

from contracts.erasure import ErasurePart, ErasureReason
from contracts.events.meetings import ParticipantPromoted, ParticipantWithdrawn
from contracts.events.participants import ParticipantErased, ParticipantErasureCertified
from eventkit.domain import Conflict, NotFound
from meetings.domain.phases import PERMISSIONS, Action
from meetings.domain.registration import WithdrawParticipant, withdraw
from meetings.domain.state import Meeting, Place, Standing


@dataclass(frozen=True, kw_only=True)
class EraseParticipant:
    """End the personal data of a guest for good, whatever became of the place."""

    participant_id: UUID
    reason: ErasureReason


@dataclass(frozen=True, kw_only=True)
class CertifyParticipantErasure:
    """Every service that held a part says what it cleared."""

    participant_id: UUID
    parts: tuple[ErasurePart, ...]


def erase_participant(
    meeting: Meeting | None, command: EraseParticipant
) -> list[ParticipantErased | ParticipantWithdrawn | ParticipantPromoted]:
    """A place that can still be given back is; a second time changes nothing."""
    present, place = _known(meeting, command.participant_id)
    if command.participant_id in present.erased:
        return []
    if place.contact_id is not None:
        raise Conflict(
            "contact-of-registry", "The registry holds the data of a contact, and erases it."
        )
    erased = ParticipantErased(
        meeting_id=present.meeting_id,
        participant_id=command.participant_id,
        reason=command.reason,
        party=place.party,
    )
    # First: whoever hears of it in this order tells an erased person nothing more.
    return [erased, *_given_back(present, command.participant_id)]


def certify_participant_erasure(
    meeting: Meeting | None, command: CertifyParticipantErasure
) -> list[ParticipantErasureCertified]:
    present, place = _known(meeting, command.participant_id)
    if command.participant_id not in present.erased:
        raise Conflict("not-erased", "Nobody erased the data of this person.")
    if command.participant_id in present.certified:
        return []
    return [
        ParticipantErasureCertified(
            meeting_id=present.meeting_id,
            participant_id=command.participant_id,
            parts=command.parts,
            party=place.party,
        )
    ]


def _given_back(
    meeting: Meeting, participant_id: UUID
) -> list[ParticipantWithdrawn | ParticipantPromoted]:
    place = meeting.places.get(participant_id)
    is_kept = place is None or place.standing is Standing.ATTENDED
    if is_kept or meeting.phase not in PERMISSIONS[Action.WITHDRAW].phases:
        return []
    command = WithdrawParticipant(meeting_id=meeting.meeting_id, participant_id=participant_id)
    return withdraw(meeting, command)


def _known(meeting: Meeting | None, participant_id: UUID) -> tuple[Meeting, Place]:
    if meeting is None:
        raise NotFound("unknown-meeting", "There is no such meeting.")
    place = meeting.places.get(participant_id) or meeting.former.get(participant_id)
    if place is None:
        raise NotFound("unknown-participant", "Nobody is registered under this id.")
    return meeting, place
