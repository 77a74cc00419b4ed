from dataclasses import replace

import pytest

from contracts.events.meetings import (
    InvitationsOpened,
    ParticipantPromoted,
    RegistrationClosed,
    TargetGroup,
    TargetKind,
)
from eventkit.domain import Conflict, Invalid
from meetings.domain.phases import Phase
from meetings.domain.registration import OpenInvitations
from tests.unit.meetings.given import (
    AUDIENCE,
    COHORT_ID,
    FIXED,
    IDEA,
    INVITED,
    LATER,
    MEETING_ID,
    NOW,
    OPEN,
    History,
    decided,
    participant,
    possible_in,
    registered,
    waitlisted,
)

COMMAND = OpenInvitations(meeting_id=MEETING_ID, audience=AUDIENCE, capacity=2, requested_at=NOW)
FULL: History = (
    *OPEN,
    registered(1),
    registered(2),
    waitlisted(3),
    waitlisted(4),
    RegistrationClosed(meeting_id=MEETING_ID),
)


def promoted(number: int) -> ParticipantPromoted:
    return ParticipantPromoted(meeting_id=MEETING_ID, participant_id=participant(number))


def test_target_groups_are_invited() -> None:
    both = (*AUDIENCE, TargetGroup(kind=TargetKind.STEERING_GROUP, id=COHORT_ID))
    assert decided(FIXED, replace(COMMAND, audience=both)) == [
        InvitationsOpened(meeting_id=MEETING_ID, audience=both, capacity=2)
    ]


def test_nobody_is_invited_before_the_meeting_has_a_date() -> None:
    with pytest.raises(Conflict, match="idea without a date"):
        decided(IDEA, COMMAND)


def test_people_are_invited_to_a_date_or_after_registration_was_closed() -> None:
    assert possible_in(COMMAND) == {Phase.SCHEDULED, Phase.CLOSED}


def test_nobody_is_invited_to_a_time_that_has_passed() -> None:
    with pytest.raises(Conflict, match="has passed"):
        decided(FIXED, replace(COMMAND, requested_at=LATER))


def test_somebody_is_invited() -> None:
    with pytest.raises(Invalid) as refused:
        decided(FIXED, replace(COMMAND, audience=()))
    assert refused.value.pointer == "/audience"


def test_a_group_is_invited_once() -> None:
    with pytest.raises(Invalid) as refused:
        decided(FIXED, replace(COMMAND, audience=AUDIENCE * 2))
    assert refused.value.pointer == "/audience/1"


def test_a_higher_capacity_promotes_those_who_wait_in_their_order() -> None:
    opened = replace(INVITED, capacity=3)
    assert decided(FULL, replace(COMMAND, capacity=3)) == [opened, promoted(3)]


def test_without_a_capacity_nobody_waits() -> None:
    opened = replace(INVITED, capacity=None)
    assert decided(FULL, replace(COMMAND, capacity=None)) == [opened, promoted(3), promoted(4)]


def test_the_capacity_holds_all_who_have_a_place() -> None:
    with pytest.raises(Conflict, match="2 people") as refused:
        decided(FULL, replace(COMMAND, capacity=1))
    assert refused.value.pointer == "/capacity"
