"""Seats of a programme's steering group: made for an organisation, taken by its contacts.

Pure: no I/O, no clock.
"""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from contracts.events.registry import (
    Party,
    PartyKind,
    SeatCreated,
    SeatEvent,
    SeatFilled,
    SeatVacated,
)
from eventkit.domain import Aggregate, Conflict, Invalid, NotFound


@dataclass(frozen=True, kw_only=True)
class CreateSeat:
    seat_id: UUID
    programme_id: UUID
    organisation_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class FillSeat:
    """Appoint a contact; `party` is whom the register says that the contact stands for."""

    contact_id: UUID
    party: Party


@dataclass(frozen=True, kw_only=True)
class VacateSeat:
    reason: str


SeatCommand = CreateSeat | FillSeat | VacateSeat


@dataclass(frozen=True, kw_only=True)
class Seat:
    seat_id: UUID
    programme_id: UUID
    organisation_id: UUID
    contact_id: UUID | None = None


def decide(seat: Seat | None, command: SeatCommand) -> list[SeatEvent]:
    match command:
        case CreateSeat():
            return create(seat, command)
        case FillSeat():
            return fill(_existing(seat), command)
        case VacateSeat():
            return vacate(_existing(seat), command)
    assert_never(command)


def evolve(seat: Seat | None, event: SeatEvent) -> Seat:
    match event:
        case SeatCreated():
            return Seat(
                seat_id=event.seat_id,
                programme_id=event.programme_id,
                organisation_id=event.organisation_id,
            )
        case SeatFilled():
            return replace(_existing(seat), contact_id=event.contact_id)
        case SeatVacated():
            return replace(_existing(seat), contact_id=None)
    assert_never(event)


def create(seat: Seat | None, command: CreateSeat) -> list[SeatEvent]:
    if seat is not None:
        raise Conflict("already-created", "This seat is already in the steering group.")
    return [
        SeatCreated(
            seat_id=command.seat_id,
            programme_id=command.programme_id,
            organisation_id=command.organisation_id,
            role=command.role,
        )
    ]


def fill(seat: Seat, command: FillSeat) -> list[SeatEvent]:
    if seat.contact_id is not None:
        raise Conflict("seat-taken", "The seat is taken; it has to be vacated first.")
    if command.party != Party(kind=PartyKind.ORGANISATION, key=str(seat.organisation_id)):
        raise Invalid(
            "foreign-contact",
            "A seat is taken by a contact of the organisation that it was made for.",
            pointer="/contact_id",
        )
    return [
        SeatFilled(
            seat_id=seat.seat_id,
            programme_id=seat.programme_id,
            contact_id=command.contact_id,
        )
    ]


def vacate(seat: Seat, command: VacateSeat) -> list[SeatEvent]:
    if seat.contact_id is None:
        raise Conflict("seat-vacant", "Nobody holds this seat.")
    return [
        SeatVacated(
            seat_id=seat.seat_id,
            programme_id=seat.programme_id,
            contact_id=seat.contact_id,
            reason=command.reason,
        )
    ]


def _existing(seat: Seat | None) -> Seat:
    if seat is None:
        raise NotFound("unknown-seat", "There is no such seat.")
    return seat


SEAT = Aggregate(name="seat", decide=decide, evolve=evolve)
