"""How far an erasure is: what each service that held a part of the person has said."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from contracts.erasure import ErasureReason
from eventkit.database import session
from eventkit.domain import NotFound
from eventkit.erasure.parts import erasure_of, parts_of
from eventkit.unit import Kit

PENDING, COMPLETE = "pending", "complete"
# The journal names the person, and this store, which was restored, has no event of them. The key is
# gone; what other services cleared, nobody can say here.
UNKNOWN_HERE = "unknown-here"


def certificate(kit: Kit, person: UUID) -> dict[str, Any]:
    """The state of an erasure at its owner; raises NotFound for who was not erased."""
    with session(kit.engine) as sql:
        row = erasure_of(sql, kit.name, person)
        said = {one["service"]: _plain(one) for one in parts_of(sql, person)}
    if row is None or kit.people is None:
        raise NotFound("not-found", "There is no such thing here.")
    is_known = row["event_id"] is not None
    holders = [kit.name, *kit.people.holders] if is_known else []
    missing = sorted({*holders} - said.keys())
    done = row["settled_at"] is not None and not missing
    return {
        "person": person,
        "service": kit.name,
        "state": (COMPLETE if is_known else UNKNOWN_HERE) if done else PENDING,
        "erased_at": row["erased_at"],
        "reason": ErasureReason(row["reason"]),
        "parts": [said[name] for name in sorted(said)],
        "missing": missing,
    }


def _plain(part: sa.RowMapping) -> dict[str, Any]:
    # The driver's names are a kind of text of its own.
    return {str(name): value for name, value in part.items() if name != "person"}
