import pytest

from contracts.events.meetings import (
    ParticipantCheckedIn,
    ParticipantPromoted,
    ParticipantWithdrawn,
)
from eventkit.domain import Conflict, NotFound
from meetings.domain.phases import Phase
from meetings.domain.registration import WithdrawParticipant
from tests.unit.meetings import given
from tests.unit.meetings.given import (
    MEETING_ID,
    OPEN,
    decided,
    participant,
    registered,
    waitlisted,
)

FULL = (*OPEN, registered(1), registered(2), waitlisted(3), waitlisted(4))


def withdraw(number: int) -> WithdrawParticipant:
    return WithdrawParticipant(meeting_id=MEETING_ID, participant_id=participant(number))


def withdrawn(number: int, *, from_waiting_list: bool = False) -> ParticipantWithdrawn:
    return ParticipantWithdrawn(
        meeting_id=MEETING_ID,
        participant_id=participant(number),
        from_waiting_list=from_waiting_list,
    )


def test_a_place_is_given_back() -> None:
    assert decided((*OPEN, registered(1)), withdraw(1)) == [withdrawn(1)]


def test_the_first_who_waits_gets_the_place() -> None:
    assert decided(FULL, withdraw(1)) == [
        withdrawn(1),
        ParticipantPromoted(meeting_id=MEETING_ID, participant_id=participant(3)),
    ]


def test_nobody_is_promoted_for_a_turn_in_the_waiting_list() -> None:
    assert decided(FULL, withdraw(3)) == [withdrawn(3, from_waiting_list=True)]


def test_a_place_is_given_back_once() -> None:
    with pytest.raises(NotFound, match="Nobody is registered"):
        decided((*FULL, withdrawn(1)), withdraw(1))


def test_who_is_there_no_longer_withdraws() -> None:
    there = ParticipantCheckedIn(meeting_id=MEETING_ID, participant_id=participant(1))
    with pytest.raises(Conflict, match="checked in"):
        decided((*FULL, there), withdraw(1))


def test_a_place_is_given_back_before_the_meeting_runs() -> None:
    somebody = (registered(1),)
    possible = {
        phase for phase, history in given.PHASES.items() if not _refused((*history, *somebody))
    }
    assert possible == {Phase.SCHEDULED, Phase.OPEN, Phase.CLOSED}


def _refused(history: given.History) -> bool:
    try:
        decided(history, withdraw(1))
    except Conflict:
        return True
    return False
