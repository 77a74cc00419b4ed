"""The directory of districts, the inactive ones included."""

from collections.abc import Iterable
from typing import assert_never

import sqlalchemy as sa

from contracts.events.registry import (
    DistrictDeactivated,
    DistrictEvent,
    DistrictRegistered,
    DistrictRevised,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from eventkit.texts import caseless
from registry.tables import metadata

districts = sa.Table(
    "districts",
    metadata,
    sa.Column("district_key", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    # What people look for, whatever its case and the form of its letters.
    sa.Column("name_folded", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("valid_on", sa.Date, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[DistrictEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            DistrictRegistered(district_key=key)
            | DistrictRevised(district_key=key)
            | DistrictDeactivated(district_key=key)
        ):
            return [(key,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[DistrictEvent]) -> Row | None:
    event = recorded.event
    match event:
        case DistrictRegistered() | DistrictRevised():
            return {
                "district_key": event.district_key,
                "name": event.name,
                "name_folded": caseless(event.name),
                "kind": event.kind,
                "state": event.district_key[:2],
                "valid_on": event.valid_on,
                "active": True,
            }
        case DistrictDeactivated():
            return row and row | {"active": False, "valid_on": event.valid_on}
    assert_never(event)


DISTRICTS = ReadModel(name="districts", table=districts, keys=keys, change=change)
