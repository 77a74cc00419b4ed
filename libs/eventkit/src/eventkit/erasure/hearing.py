"""What a service does when another one tells that somebody was erased: it clears its own part."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contracts.catalog import erased_person
from eventkit.erasure.parts import Told, carry_out, held_of
from eventkit.recorded import Recorded
from eventkit.unit import Kit


def hear(sql: sa.Connection, kit: Kit, owner: str, fact: Recorded[Any]) -> None:
    """Clear what is held of a person whom this event erased, in the consumer's transaction."""
    person = erased_person(fact.event)
    if person is None:
        return
    told = Told(
        owner=owner, person=UUID(person), event_id=fact.event_id, erased_at=fact.occurred_at
    )
    carry_out(sql, kit.holdings, told, held_of(sql, kit.holdings, owner, told.person))
