"""Which municipality belongs to which district, as the registry says."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from contracts.events.registry import (
    MunicipalityDeactivated,
    MunicipalityEvent,
    MunicipalityRegistered,
    MunicipalityRevised,
)
from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from notifications.projection.schema import METADATA

municipalities = sa.Table(
    "known_municipalities",
    METADATA,
    sa.Column("ags", sa.Text, primary_key=True),
    sa.Column("district_key", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("stream_version", sa.Integer, nullable=False),
    sa.Index("municipalities_by_district", "district_key"),
)


def keys(recorded: Recorded[MunicipalityEvent]) -> Iterable[Key]:
    match recorded.event:
        case MunicipalityRegistered() | MunicipalityRevised() | MunicipalityDeactivated() as fact:
            return [(fact.ags,)]
    return []


def change(_: Key, row: Row | None, recorded: Recorded[MunicipalityEvent]) -> Row | None:
    match recorded.event:
        case MunicipalityRegistered() | MunicipalityRevised() as fact:
            return {"ags": fact.ags, "district_key": fact.district_key, "active": True}
        case MunicipalityDeactivated() if row is not None:
            return row | {"active": False}
    return row


MUNICIPALITIES = ReadModel(
    name="known_municipalities", table=municipalities, keys=keys, change=change
)
