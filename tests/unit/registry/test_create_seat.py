"""CreateSeat: the steering group has seats for organisations."""

from uuid import UUID

import pytest

from contracts.events.registry import SeatCreated
from eventkit.domain import Conflict
from registry.domain.seat import SEAT, CreateSeat, Seat

COMMAND = CreateSeat(
    seat_id=UUID(int=3),
    programme_id=UUID(int=1),
    organisation_id=UUID(int=5),
    role="Fachberatung",
)
VACANT = Seat(seat_id=UUID(int=3), programme_id=UUID(int=1), organisation_id=UUID(int=5))


def test_a_new_seat_is_vacant() -> None:
    (event,) = SEAT.decide(None, COMMAND)
    assert isinstance(event, SeatCreated)
    assert SEAT.evolve(None, event) == VACANT


def test_a_seat_cannot_be_created_twice() -> None:
    with pytest.raises(Conflict):
        SEAT.decide(VACANT, COMMAND)
