"""The cohorts with the number of their present participants."""

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

cohorts = sa.Table(
    "cohorts",
    metadata,
    sa.Column("cohort_id", sa.Uuid, primary_key=True),
    sa.Column("programme_id", sa.Uuid, nullable=False, index=True),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("starts_year", sa.Integer, nullable=False),
    sa.Column("ends_year", sa.Integer, nullable=False),
    sa.Column("participants_target", sa.Integer),
    sa.Column("participants_count", sa.Integer, nullable=False),
    sa.Column("funding_cap_cents", sa.BigInteger),
    sa.Column("predecessor_id", sa.Uuid),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[CohortEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            CohortPlanned(cohort_id=cohort_id)
            | ParticipationAccepted(cohort_id=cohort_id)
            | ParticipationLeft(cohort_id=cohort_id)
        ):
            return [(cohort_id,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[CohortEvent]) -> Row | None:
    event = recorded.event
    match event:
        case CohortPlanned():
            return _planned(event)
        case ParticipationAccepted():
            return row and _counted(row, 1)
        case ParticipationLeft():
            return row and _counted(row, -1)
    assert_never(event)


def _planned(event: CohortPlanned) -> Row:
    return {
        "cohort_id": event.cohort_id,
        "programme_id": event.programme_id,
        "label": event.label,
        "starts_year": event.starts_year,
        "ends_year": event.ends_year,
        "participants_target": event.participants_target,
        "participants_count": 0,
        "funding_cap_cents": event.funding_cap_cents,
        "predecessor_id": event.predecessor_id,
    }


def _counted(row: Row, step: int) -> Row:
    return row | {"participants_count": row["participants_count"] + step}


COHORTS = ReadModel(name="cohorts", table=cohorts, keys=keys, change=change)
