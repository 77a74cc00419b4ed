"""Who has a place at a meeting, as the meetings service says. Ids only."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from contracts.events.meetings import (
    ParticipantPromoted,
    ParticipantRegistered,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from notifications.projection.schema import METADATA


class Place(StrEnum):
    """What a participant has; who only waits is told nothing yet."""

    REGISTERED = "registered"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"


participants = sa.Table(
    "participants",
    METADATA,
    sa.Column("meeting_id", sa.Uuid, primary_key=True),
    sa.Column("participant_id", sa.Uuid, primary_key=True),
    sa.Column("contact_id", sa.Uuid),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[Any]) -> Iterable[Key]:
    match recorded.event:
        case (
            ParticipantRegistered()
            | ParticipantWaitlisted()
            | ParticipantPromoted()
            | ParticipantWithdrawn()
        ):
            return [(recorded.event.meeting_id, recorded.event.participant_id)]
    return []


def change(_key: Key, row: Row | None, recorded: Recorded[Any]) -> Row | None:
    match recorded.event:
        case ParticipantRegistered() as fact:
            return _entered(fact, Place.REGISTERED)
        case ParticipantWaitlisted() as fact:
            return _entered(fact, Place.WAITING)
        case ParticipantPromoted() if row is not None:
            return row | {"place": Place.REGISTERED.value}
        case ParticipantWithdrawn() if row is not None:
            return row | {"place": Place.WITHDRAWN.value}
    return row


def _entered(fact: ParticipantRegistered | ParticipantWaitlisted, place: Place) -> Row:
    return {
        "meeting_id": fact.meeting_id,
        "participant_id": fact.participant_id,
        "contact_id": fact.contact_id,
        "place": place.value,
    }


PARTICIPANTS = ReadModel(name="participants", table=participants, keys=keys, change=change)
