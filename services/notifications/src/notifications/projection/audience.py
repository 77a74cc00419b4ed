"""Whom a target group consists of, as the registry says: participations, contacts, seats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from contracts.events.contacts import ContactErased, ContactErasureCertified
from contracts.events.registry import (
    ContactAppointed,
    ContactChanged,
    ContactLeft,
    ParticipationAccepted,
    ParticipationLeft,
    SeatCreated,
    SeatFilled,
    SeatVacated,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from notifications.projection.schema import METADATA

participations = sa.Table(
    "participations",
    METADATA,
    sa.Column("participation_id", sa.Uuid, primary_key=True),
    sa.Column("cohort_id", sa.Uuid, nullable=False, index=True),
    sa.Column("party_kind", sa.Text, nullable=False),
    sa.Column("party_key", sa.Text, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
    sa.Index("ix_participations_party", "party_kind", "party_key"),
)

contacts = sa.Table(
    "contacts",
    METADATA,
    sa.Column("contact_id", sa.Uuid, primary_key=True),
    sa.Column("party_kind", sa.Text, nullable=False),
    sa.Column("party_key", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("has_left", sa.Boolean, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
    sa.Index("ix_contacts_party", "party_kind", "party_key"),
)

seats = sa.Table(
    "seats",
    METADATA,
    sa.Column("seat_id", sa.Uuid, primary_key=True),
    sa.Column("programme_id", sa.Uuid, nullable=False, index=True),
    sa.Column("contact_id", sa.Uuid),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def participation_keys(recorded: Recorded[Any]) -> Iterable[Key]:
    match recorded.event:
        case ParticipationAccepted() | ParticipationLeft():
            return [(recorded.event.participation_id,)]
    return []


def change_participation(_key: Key, _row: Row | None, recorded: Recorded[Any]) -> Row | None:
    match recorded.event:
        case ParticipationAccepted() as fact:
            return {
                "participation_id": fact.participation_id,
                "cohort_id": fact.cohort_id,
                "party_kind": fact.party.kind.value,
                "party_key": fact.party.key,
            }
    return None


def contact_keys(recorded: Recorded[Any]) -> Iterable[Key]:
    match recorded.event:
        case (
            ContactAppointed()
            | ContactChanged()
            | ContactLeft()
            | ContactErased()
            | ContactErasureCertified()
        ):
            return [(recorded.event.contact_id,)]
    return []


def change_contact(_key: Key, row: Row | None, recorded: Recorded[Any]) -> Row | None:
    """Name and address are not even in the published event; they stay where they are."""
    match recorded.event:
        case ContactAppointed() | ContactChanged() as fact:
            return {
                "contact_id": fact.contact_id,
                "party_kind": fact.party.kind.value,
                "party_key": fact.party.key,
                "role": fact.role,
                "has_left": False,
            }
        case ContactLeft() | ContactErased() if row is not None:
            return row | {"has_left": True}
    return row


def seat_keys(recorded: Recorded[Any]) -> Iterable[Key]:
    match recorded.event:
        case SeatCreated() | SeatFilled() | SeatVacated():
            return [(recorded.event.seat_id,)]
    return []


def change_seat(_key: Key, _row: Row | None, recorded: Recorded[Any]) -> Row | None:
    fact = recorded.event
    return {
        "seat_id": fact.seat_id,
        "programme_id": fact.programme_id,
        "contact_id": fact.contact_id if isinstance(fact, SeatFilled) else None,
    }


PARTICIPATIONS = ReadModel(
    name="participations",
    table=participations,
    keys=participation_keys,
    change=change_participation,
)
CONTACTS = ReadModel(name="contacts", table=contacts, keys=contact_keys, change=change_contact)
SEATS = ReadModel(name="seats", table=seats, keys=seat_keys, change=change_seat)
