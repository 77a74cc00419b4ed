"""The funding programmes."""

from collections.abc import Iterable

import sqlalchemy as sa

from contracts.events.registry import ProgrammeDecided, ProgrammeEvent
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from registry.tables import metadata

programmes = sa.Table(
    "programmes",
    metadata,
    sa.Column("programme_id", sa.Uuid, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("goal", sa.Text),
    sa.Column("lead", sa.Text),
    sa.Column("funder", sa.Text),
    sa.Column("funding_source", sa.Text),
    sa.Column("decided", sa.Text),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[ProgrammeEvent]) -> Iterable[Key]:
    match recorded.event:
        case ProgrammeDecided(programme_id=programme_id):
            return [(programme_id,)]
    return []


def change(_: Key, __: Row | None, recorded: Recorded[ProgrammeEvent]) -> Row | None:
    event = recorded.event
    return {
        "programme_id": event.programme_id,
        "title": event.title,
        "goal": event.goal,
        "lead": event.lead,
        "funder": event.funder,
        "funding_source": event.funding_source,
        "decided": event.decided,
    }


PROGRAMMES = ReadModel(name="programmes", table=programmes, keys=keys, change=change)
