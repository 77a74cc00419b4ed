"""Whoever was erased is told nothing any more, also of what was outstanding."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contracts.catalog import erased_person
from eventkit.recorded import Recorded
from eventkit.unit import Unit
from notifications.domain.delivery import DELIVERY, AbandonDelivery
from notifications.projection.deliveries import deliveries

CODE = "person_erased"


def forget_recipient(unit: Unit, recorded: Recorded[Any]) -> None:
    """Give up every delivery to the person whom the event erased."""
    person = erased_person(recorded.event)
    if person is None:
        return
    outstanding = sa.select(deliveries.c.delivery_id, deliveries.c.attempts).where(
        deliveries.c.recipient_id == UUID(person), deliveries.c.due_at.is_not(None)
    )
    given_up = [
        AbandonDelivery(delivery_id=row.delivery_id, attempts=row.attempts, code=CODE)
        for row in unit.sql.execute(outstanding)
    ]
    unit.execute_all(DELIVERY, [(one.delivery_id, one) for one in given_up])
