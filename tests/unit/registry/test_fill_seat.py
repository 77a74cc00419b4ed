"""FillSeat: only a contact of the seat's own organisation, and only when it is vacant."""

from dataclasses import replace
from uuid import UUID

import pytest

from contracts.events.registry import Party, PartyKind, SeatFilled
from eventkit.domain import Conflict, Invalid, NotFound
from registry.domain.seat import SEAT, FillSeat, Seat

VACANT = Seat(seat_id=UUID(int=3), programme_id=UUID(int=1), organisation_id=UUID(int=5))
OWN = Party(kind=PartyKind.ORGANISATION, key=str(UUID(int=5)))
COMMAND = FillSeat(contact_id=UUID(int=7), party=OWN)


def test_a_contact_of_the_organisation_takes_the_seat() -> None:
    (event,) = SEAT.decide(VACANT, COMMAND)
    assert isinstance(event, SeatFilled)
    assert event.programme_id == VACANT.programme_id
    assert SEAT.evolve(VACANT, event).contact_id == UUID(int=7)


def test_a_taken_seat_has_to_be_vacated_first() -> None:
    with pytest.raises(Conflict) as refused:
        SEAT.decide(replace(VACANT, contact_id=UUID(int=8)), COMMAND)
    assert refused.value.code == "seat-taken"


@pytest.mark.parametrize(
    "party",
    [
        Party(kind=PartyKind.ORGANISATION, key=str(UUID(int=6))),
        Party(kind=PartyKind.MUNICIPALITY, key="08231000"),
    ],
)
def test_a_contact_of_somebody_else_cannot_take_the_seat(party: Party) -> None:
    with pytest.raises(Invalid) as refused:
        SEAT.decide(VACANT, replace(COMMAND, party=party))
    assert refused.value.code == "foreign-contact"


def test_an_unknown_seat_cannot_be_filled() -> None:
    with pytest.raises(NotFound):
        SEAT.decide(None, COMMAND)
