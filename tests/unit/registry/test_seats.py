"""The read model of steering-group seats."""

from uuid import UUID

from contracts.events.registry import SeatCreated, SeatFilled, SeatVacated
from eventkit.testing import folded
from registry.projection.seats import SEATS

SEAT_ID, PROGRAMME_ID, CONTACT_ID = UUID(int=3), UUID(int=1), UUID(int=7)
CREATED = SeatCreated(
    seat_id=SEAT_ID, programme_id=PROGRAMME_ID, organisation_id=UUID(int=5), role="Fachberatung"
)
FILLED = SeatFilled(seat_id=SEAT_ID, programme_id=PROGRAMME_ID, contact_id=CONTACT_ID)
VACATED = SeatVacated(
    seat_id=SEAT_ID, programme_id=PROGRAMME_ID, contact_id=CONTACT_ID, reason="Stellenwechsel"
)


def test_a_new_seat_has_no_holder() -> None:
    row = folded(SEATS, [CREATED])[SEAT_ID,]
    assert (row["role"], row["contact_id"]) == ("Fachberatung", None)


def test_a_filled_seat_names_its_holder() -> None:
    assert folded(SEATS, [CREATED, FILLED])[SEAT_ID,]["contact_id"] == CONTACT_ID


def test_a_vacated_seat_stays_without_a_holder() -> None:
    row = folded(SEATS, [CREATED, FILLED, VACATED])[SEAT_ID,]
    assert (row["role"], row["contact_id"]) == ("Fachberatung", None)
