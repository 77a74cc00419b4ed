"""The seats of the steering groups and who holds them."""

from collections.abc import Iterable
from typing import assert_never

import sqlalchemy as sa

from contracts.events.registry import SeatCreated, SeatEvent, SeatFilled, SeatVacated
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from registry.tables import metadata

seats = sa.Table(
    "seats",
    metadata,
    sa.Column("seat_id", sa.Uuid, primary_key=True),
    sa.Column("programme_id", sa.Uuid, nullable=False, index=True),
    sa.Column("organisation_id", sa.Uuid, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("contact_id", sa.Uuid),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[SeatEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            SeatCreated(seat_id=seat_id)
            | SeatFilled(seat_id=seat_id)
            | SeatVacated(seat_id=seat_id)
        ):
            return [(seat_id,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[SeatEvent]) -> Row | None:
    event = recorded.event
    match event:
        case SeatCreated():
            return {
                "seat_id": event.seat_id,
                "programme_id": event.programme_id,
                "organisation_id": event.organisation_id,
                "role": event.role,
                "contact_id": None,
            }
        case SeatFilled():
            return row and row | {"contact_id": event.contact_id}
        case SeatVacated():
            return row and row | {"contact_id": None}
    assert_never(event)


SEATS = ReadModel(name="seats", table=seats, keys=keys, change=change)
