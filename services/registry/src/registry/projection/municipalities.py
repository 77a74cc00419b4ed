"""The directory of municipalities, the inactive ones included."""

from collections.abc import Iterable
from typing import assert_never

import sqlalchemy as sa

from contracts.events.registry import (
    MunicipalityDeactivated,
    MunicipalityEvent,
    MunicipalityRegistered,
    MunicipalityRevised,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from eventkit.texts import caseless
from registry.tables import metadata

municipalities = sa.Table(
    "municipalities",
    metadata,
    sa.Column("ags", sa.Text, primary_key=True),
    sa.Column("ars", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # What people look for, whatever its case and the form of its letters.
    sa.Column("name_folded", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("district_key", sa.Text, nullable=False, index=True),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("valid_on", sa.Date, nullable=False),
    sa.Column("population", sa.Integer),
    sa.Column("area_hectares", sa.Integer),
    sa.Column("postcode", sa.Text),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
)


def keys(recorded: Recorded[MunicipalityEvent]) -> Iterable[Key]:
    match recorded.event:
        case (
            MunicipalityRegistered(ags=ags)
            | MunicipalityRevised(ags=ags)
            | MunicipalityDeactivated(ags=ags)
        ):
            return [(ags,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[MunicipalityEvent]) -> Row | None:
    event = recorded.event
    match event:
        case MunicipalityRegistered() | MunicipalityRevised():
            return _stated(event)
        case MunicipalityDeactivated():
            return row and row | {"active": False, "valid_on": event.valid_on}
    assert_never(event)


def _stated(event: MunicipalityRegistered | MunicipalityRevised) -> Row:
    return {
        "ags": event.ags,
        "ars": event.ars,
        "name": event.name,
        "name_folded": caseless(event.name),
        "kind": event.kind,
        "district_key": event.district_key,
        "state": event.ags[:2],
        "valid_on": event.valid_on,
        "population": event.population,
        "area_hectares": event.area_hectares,
        "postcode": event.postcode,
        "active": True,
    }


MUNICIPALITIES = ReadModel(name="municipalities", table=municipalities, keys=keys, change=change)
