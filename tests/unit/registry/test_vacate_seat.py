"""VacateSeat: the seat stays, and its history with it."""

from uuid import UUID

import pytest

from contracts.events.registry import SeatVacated
from eventkit.domain import Conflict, NotFound
from registry.domain.seat import SEAT, Seat, VacateSeat

TAKEN = Seat(
    seat_id=UUID(int=3),
    programme_id=UUID(int=1),
    organisation_id=UUID(int=5),
    contact_id=UUID(int=7),
)
COMMAND = VacateSeat(reason="Stellenwechsel")


def test_a_seat_is_given_back_by_who_held_it() -> None:
    (event,) = SEAT.decide(TAKEN, COMMAND)
    assert isinstance(event, SeatVacated)
    assert (event.contact_id, event.reason) == (UUID(int=7), "Stellenwechsel")
    assert SEAT.evolve(TAKEN, event).contact_id is None


def test_a_vacant_seat_cannot_be_vacated() -> None:
    (event,) = SEAT.decide(TAKEN, COMMAND)
    with pytest.raises(Conflict) as refused:
        SEAT.decide(SEAT.evolve(TAKEN, event), COMMAND)
    assert refused.value.code == "seat-vacant"


def test_an_unknown_seat_cannot_be_vacated() -> None:
    with pytest.raises(NotFound):
        SEAT.decide(None, COMMAND)
