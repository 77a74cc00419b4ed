from dataclasses import replace
from uuid import UUID

import pytest

from contracts.events.meetings import ParticipantRegistered, ParticipantWaitlisted, Side
from contracts.events.registry import Party, PartyKind
from eventkit.domain import Conflict, Invalid
from meetings.domain.phases import Phase
from meetings.domain.registration import RegisterParticipant
from tests.unit.meetings.given import (
    INVITED,
    LATER,
    MEETING_ID,
    NOW,
    OPEN,
    decided,
    participant,
    possible_in,
    registered,
)

CITY = Party(kind=PartyKind.MUNICIPALITY, key="08211000")
CONTACT = RegisterParticipant(
    meeting_id=MEETING_ID,
    participant_id=participant(1),
    side=Side.ADMINISTRATION,
    contact_id=UUID(int=7),
    party=CITY,
    requested_at=NOW,
)
GUEST = replace(
    CONTACT, contact_id=None, name="Integrationsbeauftragte:r", email="integration@example.org"
)


def test_a_contact_takes_a_place_without_a_name() -> None:
    assert decided(OPEN, CONTACT) == [
        ParticipantRegistered(
            meeting_id=MEETING_ID,
            participant_id=participant(1),
            side=Side.ADMINISTRATION,
            contact_id=UUID(int=7),
            party=CITY,
        )
    ]


def test_somebody_unknown_to_the_registry_has_a_name_and_an_address() -> None:
    (event,) = decided(OPEN, GUEST)
    assert isinstance(event, ParticipantRegistered)
    assert (event.name, event.email) == (GUEST.name, GUEST.email)


def test_who_comes_to_a_full_meeting_waits() -> None:
    (event,) = decided((*OPEN, registered(2), registered(3)), CONTACT)
    assert isinstance(event, ParticipantWaitlisted)


def test_a_meeting_without_a_capacity_is_never_full() -> None:
    history = (*OPEN[:-1], replace(INVITED, capacity=None), *map(registered, range(2, 60)))
    (event,) = decided(history, CONTACT)
    assert isinstance(event, ParticipantRegistered)


def test_people_register_while_registration_is_open() -> None:
    assert possible_in(CONTACT) == {Phase.OPEN}


def test_nobody_registers_for_a_time_that_has_passed() -> None:
    with pytest.raises(Conflict, match="has passed"):
        decided(OPEN, replace(CONTACT, requested_at=LATER))


def test_a_contact_registers_once() -> None:
    again = replace(CONTACT, participant_id=participant(2))
    with pytest.raises(Conflict, match="already registered"):
        decided((*OPEN, *decided(OPEN, CONTACT)), again)


def test_a_contact_waits_once() -> None:
    full = (*OPEN, registered(2), registered(3))
    again = replace(CONTACT, participant_id=participant(4))
    with pytest.raises(Conflict, match="already registered"):
        decided((*full, *decided(full, CONTACT)), again)


def test_two_guests_are_two_participants() -> None:
    again = replace(GUEST, participant_id=participant(2))
    assert decided((*OPEN, *decided(OPEN, GUEST)), again)


@pytest.mark.parametrize(
    ("command", "pointer"),
    [
        (replace(GUEST, name=None), "/name"),
        (replace(GUEST, email=None), "/email"),
        (replace(GUEST, contact_id=UUID(int=7)), "/contact_id"),
    ],
)
def test_a_participant_is_a_contact_or_has_name_and_address(
    command: RegisterParticipant, pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        decided(OPEN, command)
    assert refused.value.pointer == pointer
