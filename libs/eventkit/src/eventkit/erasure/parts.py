"""What a service did about an erasure, in the tables that wait until all of it is certified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from contracts.erasure import ErasurePart, ErasureReason
from eventkit.database import driver
from eventkit.erasure.holdings import Holding, clear, count_held, owned_by, remains
from eventkit.parking.erasure import forget_parked
from eventkit.tables import ERASURE_PARTS, ERASURES


@dataclass(frozen=True, kw_only=True)
class Told:
    """The erasure that a service carries out its part of; see ERASURES."""

    owner: str
    person: UUID
    event_id: UUID | None
    erased_at: datetime
    reason: ErasureReason | None = None


def carry_out(sql: sa.Connection, holdings: Sequence[Holding], told: Told, held: int) -> None:
    """Clear what stands here of a person, and note it; `held` counts what was there before.

    All of it stands in the connection's transaction. Somebody who is erased again, because a store
    was restored, is acknowledged again.
    """
    of_owner = owned_by(holdings, told.owner)
    clear(sql, of_owner, told.person)
    parked = forget_parked(driver(sql), str(told.person))
    remaining, digest = remains(sql, of_owner, told.person)
    row = {
        "owner": told.owner,
        "person": told.person,
        "event_id": told.event_id,
        "erased_at": told.erased_at,
        "reason": told.reason and told.reason.value,
        "cleared": held + parked,
        "remaining": remaining,
        "remains": digest,
        "settled_at": None,
    }
    adding = insert(ERASURES).values(row)
    again = {name: adding.excluded[name] for name in row if name not in ("owner", "person")}
    sql.execute(adding.on_conflict_do_update(index_elements=["owner", "person"], set_=again))


def held_of(sql: sa.Connection, holdings: Sequence[Holding], owner: str, person: UUID) -> int:
    """How many rows an erasure will clear here."""
    return count_held(sql, owned_by(holdings, owner), person)


def erasure_of(
    sql: sa.Connection, owner: str, person: UUID, *, lock: bool = False
) -> sa.RowMapping | None:
    """The row of an erasure; locked, its parts are taken in one after the other."""
    query = sa.select(ERASURES).where(ERASURES.c.owner == owner, ERASURES.c.person == person)
    return sql.execute(query.with_for_update() if lock else query).mappings().one_or_none()


def unsettled(sql: sa.Connection, owner: str | None = None, *, but: str = "") -> list[Any]:
    """What waits: of one owner, or of all `but` one."""
    query = sa.select(ERASURES).where(ERASURES.c.settled_at.is_(None), ERASURES.c.owner != but)
    if owner is not None:
        query = query.where(ERASURES.c.owner == owner)
    return list(sql.execute(query.order_by(ERASURES.c.erased_at).limit(100)).mappings())


def settle(sql: sa.Connection, owner: str, person: UUID, event_id: UUID | None) -> None:
    """This service has done its part of this very erasure."""
    same = ERASURES.c.event_id.is_not_distinct_from(event_id)
    where = sa.and_(ERASURES.c.owner == owner, ERASURES.c.person == person, same)
    sql.execute(sa.update(ERASURES).where(where).values(settled_at=sa.func.now()))


def keep_part(sql: sa.Connection, person: UUID, part: ErasurePart) -> None:
    """Keep what a service said; saying it again changes nothing but what it says."""
    row = {
        "person": person,
        "service": part.service,
        "cleared": part.cleared,
        "remaining": part.remaining,
        "remains": part.remains,
        "acknowledged_at": sa.func.now(),
    }
    adding = insert(ERASURE_PARTS).values(row)
    again = {name: adding.excluded[name] for name in row if name not in ("person", "service")}
    sql.execute(adding.on_conflict_do_update(index_elements=["person", "service"], set_=again))


def parts_of(sql: sa.Connection, person: UUID) -> list[sa.RowMapping]:
    """What the services have said, by name."""
    query = sa.select(ERASURE_PARTS).where(ERASURE_PARTS.c.person == person)
    return list(sql.execute(query.order_by(ERASURE_PARTS.c.service)).mappings())


def as_part(row: sa.RowMapping, service: str) -> ErasurePart:
    """The part in a row of either table."""
    return ErasurePart(
        service=service,
        cleared=row["cleared"],
        remaining=row["remaining"],
        remains=row["remains"],
    )
