from collections import deque
from contextlib import suppress
from dataclasses import replace

from hypothesis import given as for_all
from hypothesis import strategies as st

from contracts.events.meetings import (
    MeetingEvent,
    ParticipantPromoted,
    ParticipantRegistered,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
    Side,
)
from eventkit.domain import Refusal
from meetings.domain.registration import RegisterParticipant, WithdrawParticipant
from tests.unit.meetings.given import FIXED, INVITED, MEETING_ID, NOW, decided, participant

ARRIVALS = st.lists(st.tuples(st.booleans(), st.integers(0, 9)), max_size=40)


def history(capacity: int, arrivals: list[tuple[bool, int]]) -> list[MeetingEvent]:
    """What happens when people come and go in any order; what is refused changes nothing."""
    events: list[MeetingEvent] = [*FIXED, replace(INVITED, capacity=capacity)]
    for comes, number in arrivals:
        with suppress(Refusal):
            events += decided(events, register(number) if comes else withdraw(number))
    return events


def register(number: int) -> RegisterParticipant:
    return RegisterParticipant(
        meeting_id=MEETING_ID,
        participant_id=participant(number),
        contact_id=participant(number),
        side=Side.CIVIC_ENGAGEMENT,
        requested_at=NOW,
    )


def withdraw(number: int) -> WithdrawParticipant:
    return WithdrawParticipant(meeting_id=MEETING_ID, participant_id=participant(number))


@for_all(st.integers(1, 4), ARRIVALS)
def test_a_meeting_is_never_fuller_than_its_capacity_and_nobody_waits_for_a_free_place(
    capacity: int, arrivals: list[tuple[bool, int]]
) -> None:
    taken = waiting = 0
    for event in history(capacity, arrivals):
        match event:
            case ParticipantRegistered():
                taken += 1
            case ParticipantWaitlisted():
                assert taken == capacity
                waiting += 1
            case ParticipantPromoted():
                taken, waiting = taken + 1, waiting - 1
            case ParticipantWithdrawn(from_waiting_list=True):
                waiting -= 1
            case ParticipantWithdrawn():
                taken -= 1
        assert 0 <= taken <= capacity
        assert waiting >= 0
    assert taken == capacity or waiting == 0


@for_all(st.integers(1, 4), ARRIVALS)
def test_places_go_to_those_who_wait_in_the_order_of_their_coming(
    capacity: int, arrivals: list[tuple[bool, int]]
) -> None:
    queue: deque[object] = deque()
    for event in history(capacity, arrivals):
        match event:
            case ParticipantWaitlisted(participant_id=who):
                queue.append(who)
            case ParticipantWithdrawn(participant_id=who, from_waiting_list=True):
                queue.remove(who)
            case ParticipantPromoted(participant_id=who):
                assert queue.popleft() == who
