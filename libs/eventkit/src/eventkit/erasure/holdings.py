"""What a service holds of people: whose personal fields it owns, and where people stand in tables.

One declaration serves clearing, the proof of what remained, and the export of a person's data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from contracts.erasure import ErasurePart, ErasureReason
from eventkit.domain import Aggregate

# Rises with every later event of the row's stream, which says nothing about the person.
_PASSING = "stream_version"


@dataclass(frozen=True, kw_only=True)
class People:
    """The people whose personal fields stand in this service's own events.

    `key` finds the stream of a person, None where there is none. `erase` and `certify` make the
    aggregate's commands; erasing somebody again decides nothing. `holders` are the other services
    that hear of it and acknowledge.
    """

    aggregate: Aggregate[Any, Any, Any]
    key: Callable[[sa.Connection, UUID], object | None]
    erase: Callable[[UUID, ErasureReason], object]
    certify: Callable[[UUID, tuple[ErasurePart, ...]], object]
    holders: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A table with people that the service `owner` owns; `person` is the column with their id.

    Of a person who is erased the columns `personal` become NULL, and where `goes` is set the whole
    rows go. The rest identifies nobody.
    """

    owner: str
    table: sa.Table
    person: str
    personal: tuple[str, ...] = ()
    goes: bool = False

    def of(self, person: UUID) -> sa.ColumnElement[bool]:
        """The person's rows."""
        column = self.table.c[self.person]
        return column == (person if isinstance(column.type, sa.Uuid) else str(person))

    def held(self, person: UUID) -> sa.ColumnElement[bool]:
        """The person's rows of which something is to be cleared."""
        if self.goes:
            return self.of(person)
        return sa.and_(
            self.of(person),
            sa.or_(sa.false(), *(self.table.c[n] != None for n in self.personal)),  # noqa: E711  (SQL)
        )


def owned_by(holdings: Iterable[Holding], owner: str) -> list[Holding]:
    """Those with people of this service."""
    return [one for one in holdings if one.owner == owner]


def count_held(sql: sa.Connection, holdings: Iterable[Holding], person: UUID) -> int:
    """How many rows hold something of a person that goes with an erasure."""
    return sum(
        sql.scalar(sa.select(sa.func.count()).select_from(one.table).where(one.held(person))) or 0
        for one in holdings
    )


def clear(sql: sa.Connection, holdings: Iterable[Holding], person: UUID) -> None:
    """Empty or remove these rows, in the connection's transaction."""
    for one in holdings:
        if one.goes:
            sql.execute(sa.delete(one.table).where(one.held(person)))
        elif one.personal:
            nothing = dict.fromkeys(one.personal)
            sql.execute(sa.update(one.table).where(one.held(person)).values(nothing))


def rows_of(
    sql: sa.Connection, holdings: Iterable[Holding], person: UUID
) -> Iterator[tuple[Holding, dict[str, Any]]]:
    """Every row that names a person, in the order of the tables' keys."""
    for one in holdings:
        query = sa.select(one.table).where(one.of(person)).order_by(*one.table.primary_key.columns)
        for row in sql.execute(query).mappings():
            # The driver's names are a kind of text of its own.
            yield one, {str(name): value for name, value in row.items()}


def remains(sql: sa.Connection, holdings: Iterable[Holding], person: UUID) -> tuple[int, str]:
    """How many rows still name a person, and the SHA-256 of them, for anybody to compare."""
    digest, rows = sha256(), 0
    for one, row in rows_of(sql, holdings, person):
        row.pop(_PASSING, None)
        told = {str(one.table.name): row}
        digest.update(orjson.dumps(told, default=str, option=orjson.OPT_SORT_KEYS) + b"\n")
        rows += 1
    return rows, digest.hexdigest()
