"""An erasure is certified once, and only where somebody was erased."""

import pytest

from contracts.erasure import ErasurePart, ErasureReason
from contracts.events.participants import ParticipantErased, ParticipantErasureCertified
from eventkit.domain import Conflict, NotFound
from meetings.domain.erasure import CertifyParticipantErasure, EraseParticipant
from tests.unit.meetings.given import MEETING_ID, OPEN, decided, participant, registered

WHO = participant(1)
PARTS = (ErasurePart(service="meetings", cleared=1, remaining=1, remains="0" * 64),)
ERASED = ParticipantErased(meeting_id=MEETING_ID, participant_id=WHO, reason=ErasureReason.REQUEST)
CERTIFIED = ParticipantErasureCertified(meeting_id=MEETING_ID, participant_id=WHO, parts=PARTS)
CERTIFY = CertifyParticipantErasure(participant_id=WHO, parts=PARTS)


def test_an_erasure_is_certified_once() -> None:
    gone = (*OPEN, registered(1), ERASED)
    assert decided(gone, CERTIFY) == [CERTIFIED]
    assert decided((*gone, CERTIFIED), CERTIFY) == []


def test_a_certificate_ends_no_erasure() -> None:
    again = EraseParticipant(participant_id=WHO, reason=ErasureReason.REQUEST)
    assert decided((*OPEN, registered(1), ERASED, CERTIFIED), again) == []


def test_nothing_is_certified_of_who_was_not_erased() -> None:
    with pytest.raises(Conflict, match="Nobody erased"):
        decided((*OPEN, registered(1)), CERTIFY)


def test_nothing_is_certified_of_who_was_never_registered() -> None:
    with pytest.raises(NotFound):
        decided(OPEN, CERTIFY)
