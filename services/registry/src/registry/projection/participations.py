"""Who takes part in which cohort, and who left; fed by the cohort's stream."""

from collections.abc import Iterable
from typing import assert_never

import sqlalchemy as sa

from contracts.events.registry import (
    CohortEvent,
    CohortPlanned,
    ParticipationAccepted,
    ParticipationLeft,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from registry.tables import metadata

participations = sa.Table(
    "participations",
    metadata,
    sa.Column("participation_id", sa.Uuid, primary_key=True),
    sa.Column("cohort_id", sa.Uuid, nullable=False, index=True),
    sa.Column("party_kind", sa.Text, nullable=False),
    sa.Column("party_key", sa.Text, nullable=False, index=True),
    sa.Column("challenge", sa.Text),
    sa.Column("over_target_reason", sa.Text),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("left_at", sa.DateTime(timezone=True)),
    sa.Column("left_reason", sa.Text),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[CohortEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            ParticipationAccepted(participation_id=participation_id)
            | ParticipationLeft(participation_id=participation_id)
        ):
            return [(participation_id,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[CohortEvent]) -> Row | None:
    event = recorded.event
    match event:
        case CohortPlanned():
            return row
        case ParticipationAccepted():
            return _accepted(event) | {"accepted_at": recorded.occurred_at}
        case ParticipationLeft():
            return row and row | {
                "status": "left",
                "left_at": recorded.occurred_at,
                "left_reason": event.reason,
            }
    assert_never(event)


def _accepted(event: ParticipationAccepted) -> Row:
    return {
        "participation_id": event.participation_id,
        "cohort_id": event.cohort_id,
        "party_kind": event.party.kind.value,
        "party_key": event.party.key,
        "challenge": event.challenge,
        "over_target_reason": event.over_target_reason,
        "status": "accepted",
        "left_at": None,
        "left_reason": None,
    }


PARTICIPATIONS = ReadModel(name="participations", table=participations, keys=keys, change=change)
