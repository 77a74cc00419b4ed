"""What was typical of one cohort and what of a later one, as meetings observed it."""

from collections.abc import Iterable

import sqlalchemy as sa

from contracts.events.meetings import (
    MeetingEvent,
)
from contracts.events.results import (
    TendencyObserved,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from meetings.tables import metadata

tendencies = sa.Table(
    "tendencies",
    metadata,
    sa.Column("tendency_id", sa.Uuid, primary_key=True),
    sa.Column("meeting_id", sa.Uuid, nullable=False),
    # Counts up within a meeting in the order of observation.
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("from_cohort_id", sa.Uuid, nullable=False),
    sa.Column("to_cohort_id", sa.Uuid, nullable=False),
    sa.Column("earlier", sa.Text, nullable=False),
    sa.Column("later", sa.Text, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
    sa.Index("tendencies_in_order", "meeting_id", "number"),
)


def keys(recorded: Recorded[MeetingEvent]) -> Iterable[Key]:
    match recorded.event:
        case TendencyObserved(tendency_id=tendency_id):
            return [(tendency_id,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[MeetingEvent]) -> Row | None:
    match recorded.event:
        case TendencyObserved() as event:
            return {
                "tendency_id": event.tendency_id,
                "meeting_id": event.meeting_id,
                "number": recorded.version,
                "from_cohort_id": event.from_cohort_id,
                "to_cohort_id": event.to_cohort_id,
                "earlier": event.earlier,
                "later": event.later,
            }
    return row


TENDENCIES = ReadModel(name="tendencies", table=tendencies, keys=keys, change=change)
