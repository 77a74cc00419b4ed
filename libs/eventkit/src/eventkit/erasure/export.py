"""Everything that a service holds of one person, opened, with where it came from."""

from __future__ import annotations

from typing import Any, LiteralString
from uuid import UUID

import orjson
import sqlalchemy as sa

from eventkit.database import driver, session
from eventkit.erasure.holdings import rows_of
from eventkit.store import COLUMNS
from eventkit.stored import Stored
from eventkit.tables import ERASURES
from eventkit.unit import Kit

# All that names the person, in whatever stream; rare enough to read the whole table for.
# S608: built from constants alone.
_NAMING: LiteralString = (
    f"SELECT {COLUMNS} FROM events WHERE strpos(data::text, %s) > 0"  # noqa: S608
    " OR strpos(metadata::text, %s) > 0 ORDER BY position"
)
_ERASED_BY = sa.select(ERASURES.c.owner)


def export(kit: Kit, person: UUID) -> dict[str, Any]:
    """The person's data as JSON: events as they are stored, rows of tables, who else holds ids.

    What is sealed for somebody else stays closed, and what is erased is null.
    """
    name = str(person)
    with session(kit.engine) as sql:
        stored = [Stored(*row) for row in driver(sql).execute(_NAMING, (name, name))]
        rows = [(one, row) for one, row in rows_of(sql, kit.holdings, person)]
        # Keys of people whom other services own are theirs; that they erased somebody is known.
        erased_by = set(sql.scalars(_ERASED_BY.where(ERASURES.c.person == person)))
    holders = kit.people.holders if kit.people else ()
    owners = {one.owner for one, _ in rows}
    return {
        "person": person,
        "service": kit.name,
        "made_at": kit.now(),
        "erased": bool(kit.vault.erased([name])) or bool(erased_by),
        "events": [_event(kit, name, one) for one in stored],
        "rows": [
            {"table": str(one.table.name), "known_from": one.owner, "data": _opened(kit, name, row)}
            for one, row in rows
        ],
        "others": sorted({*holders, *owners, *erased_by} - {kit.name}),
    }


def _event(kit: Kit, person: str, stored: Stored) -> dict[str, Any]:
    return {
        "stream": stored.stream,
        "version": stored.version,
        "type": stored.wire,
        "occurred_at": stored.occurred_at,
        "recorded_at": stored.recorded_at,
        "data": _opened(kit, person, orjson.loads(stored.data)),
    }


def _opened(kit: Kit, person: str, values: dict[str, Any]) -> dict[str, Any]:
    return {name: _open(kit, person, value) for name, value in values.items()}


def _open(kit: Kit, person: str, value: Any) -> Any:
    if not isinstance(value, str) or not kit.vault.is_sealed(value):
        return value
    return kit.vault.open(value) if kit.vault.is_sealed(value, person) else None


def readable(told: dict[str, Any]) -> bytes:
    """The same as JSON, for people to read."""
    return orjson.dumps(told, default=str, option=orjson.OPT_INDENT_2)
