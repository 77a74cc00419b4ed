"""What one batch of mails is written from, read at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contracts.events.notifications import Channel, Notice
from eventkit.database import session
from eventkit.unit import Kit
from notifications.projection.deliveries import DeliveryState, deliveries
from notifications.projection.meetings import meetings
from notifications.projection.participants import Place, participants

_WEIGHT = {Place.ERASED: 0, Place.WITHDRAWN: 1, Place.WAITING: 2, Place.REGISTERED: 3}
_confirms = sa.func.bool_or(deliveries.c.notice == Notice.CONFIRMATION.value)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Deliveries, the meetings they are about, and what each person has there and was told.

    Persons stand beside their meeting. `registered_as` names the participants that contacts are.
    """

    rows: Sequence[sa.RowMapping]
    meetings: dict[UUID, sa.RowMapping]
    told_before: dict[tuple[UUID, UUID], int]
    places: dict[tuple[UUID, UUID], Place]
    registered_as: dict[tuple[UUID, UUID], UUID]
    withdrawals: dict[tuple[UUID, UUID], int]
    confirmed: set[tuple[UUID, UUID]]


def who_of(row: sa.RowMapping) -> tuple[UUID, UUID]:
    """Meeting and recipient of a delivery."""
    return row["meeting_id"], row["recipient_id"]


def batch_of(kit: Kit, rows: Sequence[sa.RowMapping]) -> Batch:
    wanted = {row["meeting_id"] for row in rows}
    of = (deliveries.c.meeting_id, deliveries.c.recipient_id)
    told = (
        sa.select(*of, sa.func.max(deliveries.c.sequence), _confirms)
        .where(
            deliveries.c.meeting_id.in_(wanted),
            deliveries.c.state == DeliveryState.DELIVERED.value,
            deliveries.c.channel == Channel.MAIL.value,
        )
        .group_by(*of)
    )
    farewells = (
        sa.select(*of, sa.func.count())
        .where(deliveries.c.meeting_id.in_(wanted), deliveries.c.notice == Notice.WITHDRAWAL.value)
        .group_by(*of)
    )
    known = sa.select(meetings).where(meetings.c.meeting_id.in_(wanted))
    with session(kit.engine) as connection:
        reached = connection.execute(told).all()
        registered = _registered(connection, wanted)
        return Batch(
            rows=rows,
            meetings={row["meeting_id"]: row for row in connection.execute(known).mappings()},
            told_before={(meeting, person): sequence for meeting, person, sequence, _ in reached},
            confirmed={(meeting, person) for meeting, person, _, confirms in reached if confirms},
            places={(row.meeting_id, row.person): Place(row.place) for row in registered},
            registered_as={
                (row.meeting_id, row.person): row.participant_id
                for row in registered
                if row.contact_id is not None
                and Place(row.place) in (Place.WAITING, Place.REGISTERED)
            },
            withdrawals={
                (meeting, person): count for meeting, person, count in connection.execute(farewells)
            },
        )


def _registered(sql: sa.Connection, wanted: Collection[UUID]) -> list[sa.Row[Any]]:
    """Who was registered as what; what counts of several registrations of one comes last."""
    # A participant who is a contact is written to as the contact.
    person = sa.func.coalesce(participants.c.contact_id, participants.c.participant_id)
    query = sa.select(participants, person.label("person")).where(
        participants.c.meeting_id.in_(wanted)
    )
    return sorted(sql.execute(query), key=lambda row: _WEIGHT[Place(row.place)])
