import pytest

from contracts.events.meetings import ParticipantCheckedIn
from eventkit.domain import Conflict, NotFound
from meetings.domain.registration import CheckInParticipant
from tests.unit.meetings.given import (
    CLOSED,
    FIXED,
    HELD,
    MEETING_ID,
    OPEN,
    RUNNING,
    History,
    decided,
    participant,
    registered,
    waitlisted,
)

COMMAND = CheckInParticipant(meeting_id=MEETING_ID, participant_id=participant(1))
THERE = ParticipantCheckedIn(meeting_id=MEETING_ID, participant_id=participant(1))


@pytest.mark.parametrize("history", [OPEN, CLOSED, RUNNING])
def test_who_has_a_place_checks_in(history: History) -> None:
    assert decided((*history, registered(1)), COMMAND) == [THERE]


@pytest.mark.parametrize("history", [FIXED, HELD])
def test_nobody_checks_in_before_the_invitations_or_after_the_end(history: History) -> None:
    with pytest.raises(Conflict):
        decided((*history, registered(1)), COMMAND)


def test_who_waits_has_no_place_to_check_in_to() -> None:
    with pytest.raises(Conflict, match="no place yet"):
        decided((*OPEN, waitlisted(1)), COMMAND)


def test_somebody_checks_in_once() -> None:
    with pytest.raises(Conflict, match="already checked in"):
        decided((*OPEN, registered(1), THERE), COMMAND)


def test_a_stranger_does_not_check_in() -> None:
    with pytest.raises(NotFound):
        decided(OPEN, COMMAND)
