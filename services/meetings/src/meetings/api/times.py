"""Times as people of the network read them, and facts that became true when history happened."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from marshmallow import fields

from eventkit.database import session
from eventkit.http.views import became_true, kit
from meetings.projection.calendar import calendar

ZONE = ZoneInfo("Europe/Berlin")


class LocalTime(fields.AwareDateTime):
    """A time with the offset of clocks in the network, such as 2020-10-16T14:00:00+02:00."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="iso", required=True, allow_none=True, **options)

    def _serialize(
        self, value: Any, attr: str | None, obj: Any, **options: Any
    ) -> str | float | None:
        local = None if value is None else value.astimezone(ZONE)
        return super()._serialize(local, attr, obj, **options)


def date_back(meeting_id: UUID) -> bool:
    """What is added to history recorded afterwards became true at the end of that meeting.

    Says whether this is such history.
    """
    query = sa.select(
        calendar.c.recorded_afterwards, calendar.c.starts_at, calendar.c.ends_at
    ).where(calendar.c.meeting_id == meeting_id)
    with session(kit().engine) as connection:
        row = connection.execute(query).one_or_none()
    if row is None or not row.recorded_afterwards:
        return False
    became_true(held_at(row.starts_at, row.ends_at))
    return True


def held_at(starts_at: datetime, ends_at: datetime | None) -> datetime:
    """When a meeting of the past was held, as far as it is known."""
    return ends_at or starts_at
