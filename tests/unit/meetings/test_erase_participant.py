"""Erasing a guest: for good, once, whatever became of the place."""

from dataclasses import replace
from uuid import UUID

import pytest

from contracts.erasure import ErasureReason
from contracts.events.meetings import (
    ParticipantCheckedIn,
    ParticipantPromoted,
    ParticipantWithdrawn,
    Side,
)
from contracts.events.participants import ParticipantErased
from contracts.events.registry import Party, PartyKind
from eventkit.domain import Conflict, NotFound
from eventkit.testing import folded
from meetings.domain.erasure import EraseParticipant
from meetings.domain.phases import Phase
from meetings.domain.registration import CheckInParticipant, RegisterParticipant
from meetings.projection.registrations import REGISTRATIONS
from tests.unit.meetings import given
from tests.unit.meetings.given import (
    MEETING_ID,
    OPEN,
    decided,
    participant,
    registered,
    waitlisted,
)

CITY = Party(kind=PartyKind.MUNICIPALITY, key="08211000")
GUEST = replace(registered(1), party=CITY)
FULL = (*OPEN, GUEST, registered(2), waitlisted(3))


def erase(number: int) -> EraseParticipant:
    return EraseParticipant(participant_id=participant(number), reason=ErasureReason.REQUEST)


def erased(number: int, party: Party | None = None) -> ParticipantErased:
    return ParticipantErased(
        meeting_id=MEETING_ID,
        participant_id=participant(number),
        reason=ErasureReason.REQUEST,
        party=party,
    )


def withdrawn(number: int, *, from_waiting_list: bool = False) -> ParticipantWithdrawn:
    return ParticipantWithdrawn(
        meeting_id=MEETING_ID,
        participant_id=participant(number),
        from_waiting_list=from_waiting_list,
    )


CHECKED_IN = ParticipantCheckedIn(meeting_id=MEETING_ID, participant_id=participant(1))


def test_who_is_erased_gives_the_place_to_the_first_who_waits() -> None:
    promoted = ParticipantPromoted(meeting_id=MEETING_ID, participant_id=participant(3))
    assert decided(FULL, erase(1)) == [erased(1, CITY), withdrawn(1), promoted]


def test_who_waits_leaves_the_waiting_list() -> None:
    assert decided(FULL, erase(3)) == [erased(3), withdrawn(3, from_waiting_list=True)]


def test_who_was_there_keeps_the_place_without_a_name() -> None:
    assert decided((*FULL, CHECKED_IN), erase(1)) == [erased(1, CITY)]


def test_who_gave_the_place_back_long_ago_can_be_erased() -> None:
    assert decided((*OPEN, GUEST, withdrawn(1)), erase(1)) == [erased(1, CITY)]


def test_guests_are_erased_in_every_phase_and_give_places_back_before_the_meeting_runs() -> None:
    gives_back = {phase for phase, history in given.PHASES.items() if len(_events(history)) == 2}
    assert {_events(history)[0] for history in given.PHASES.values()} == {erased(1, CITY)}
    assert gives_back == {Phase.SCHEDULED, Phase.OPEN, Phase.CLOSED}


def _events(history: given.History) -> list[object]:
    return list(decided((*history, GUEST), erase(1)))


def test_a_second_erasure_changes_nothing() -> None:
    assert decided((*FULL, erased(1), withdrawn(1)), erase(1)) == []


def test_the_data_of_a_contact_is_the_registrys() -> None:
    with pytest.raises(Conflict, match="registry"):
        decided((*OPEN, registered(1, UUID(int=7))), erase(1))


@pytest.mark.parametrize("history", [(), OPEN])
def test_who_was_never_registered_cannot_be_erased(history: given.History) -> None:
    with pytest.raises(NotFound):
        decided(history, erase(1))


def test_who_was_erased_does_not_check_in() -> None:
    running = (*FULL, given.STARTED, erased(1))
    command = CheckInParticipant(meeting_id=MEETING_ID, participant_id=participant(1))
    with pytest.raises(Conflict, match="erased"):
        decided(running, command)


def test_who_was_erased_meanwhile_does_not_register_under_the_id_that_leads_to_nobody() -> None:
    command = RegisterParticipant(
        meeting_id=MEETING_ID,
        participant_id=participant(1),
        side=Side.GUEST,
        name="Gast",
        email="gast@example.org",
        requested_at=given.NOW,
    )
    with pytest.raises(Conflict, match="erased"):
        decided((*FULL, erased(1), withdrawn(1)), command)


def test_the_row_of_an_erased_guest_has_no_name_and_no_address() -> None:
    sealed = replace(GUEST, name="sealed1:…", email="sealed1:…")
    rows = folded(REGISTRATIONS, [*OPEN, sealed, erased(1, CITY), withdrawn(1)])
    row = rows[MEETING_ID, participant(1)]
    assert (row["erased"], row["name"], row["email"]) == (True, None, None)
    assert (row["standing"], row["party_key"]) == ("withdrawn", "08211000")
