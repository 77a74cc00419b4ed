"""Who has a place at a meeting, as the meetings service says. Ids only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from contracts.events.meetings import (
    ParticipantPromoted,
    ParticipantRegistered,
    ParticipantWaitlisted,
    ParticipantWithdrawn,
)
from contracts.events.participants import ParticipantErased
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from notifications.projection.schema import METADATA


class Place(StrEnum):
    """What a participant has; who only waits is told nothing yet, who was erased nothing more."""

    REGISTERED = "registered"
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


_PLACES: Mapping[type, Place] = {
    ParticipantRegistered: Place.REGISTERED,
    ParticipantWaitlisted: Place.WAITING,
    ParticipantPromoted: Place.REGISTERED,
    ParticipantWithdrawn: Place.WITHDRAWN,
    ParticipantErased: Place.ERASED,
}
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
            | ParticipantErased()
        ):
            return [(recorded.event.meeting_id, recorded.event.participant_id)]
    return []


def change(_key: Key, row: Row | None, recorded: Recorded[Any]) -> Row | None:
    fact = recorded.event
    if isinstance(fact, ParticipantRegistered | ParticipantWaitlisted):
        return _entered(fact)
    if row is None or row["place"] == Place.ERASED.value:
        return row
    return row | {"place": _PLACES[type(fact)].value}


def _entered(fact: ParticipantRegistered | ParticipantWaitlisted) -> Row:
    return {
        "meeting_id": fact.meeting_id,
        "participant_id": fact.participant_id,
        "contact_id": fact.contact_id,
        "place": _PLACES[type(fact)].value,
    }


PARTICIPANTS = ReadModel(name="participants", table=participants, keys=keys, change=change)
