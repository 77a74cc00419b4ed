"""Fold events into the rows of read models: a batch in memory, one read and one write a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

import orjson
import sqlalchemy as sa

from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded, Unplaced
from eventkit.store import Connection, Statement

VERSION = "stream_version"
_DIALECT = sa.make_url("postgresql+psycopg://").get_dialect()()


class Projector:
    """Writes one read model, to its own table or to one of another name beside it.

    All writes stand in the connection's transaction. A row never goes back: an event at or below
    the row's stream version changes nothing.
    """

    def __init__(self, model: ReadModel, table: str | None = None) -> None:
        self.model = model
        self.statements = _Statements(model.table, table or model.table.name)

    def apply(self, connection: Connection, recorded: Sequence[Recorded[Any]]) -> None:
        """Fold events, in order, into the rows they touch."""
        batch = _Batch(self.model)
        for fact in recorded:
            batch.touch(fact)
        if not batch.touches:
            return
        rows = self._present(connection, batch.to_load())
        for sql, values in self._writing(batch.fold(rows)):
            connection.execute(sql, values)

    def _present(self, connection: Connection, keys: list[Key]) -> dict[Key, Row]:
        if not keys:
            return {}
        if len(keys) == 1:
            found = connection.execute(self.statements.select_one, keys[0]).fetchall()
        else:
            found = connection.execute(self.statements.select, _columns(keys)).fetchall()
        names = self.statements.names
        rows = [dict(zip(names, values, strict=True)) for values in found]
        return {tuple(row[name] for name in self.statements.key_names): row for row in rows}

    def first(self, fact: Unplaced[Any]) -> list[Statement]:
        """What keeps the rows of a stream that begins, for a model that needs no place."""
        batch = _Batch(self.model)
        batch.touch(cast(Recorded[Any], fact))
        return self._writing(batch.fold({}))

    def _writing(self, changed: dict[Key, Row | None]) -> list[Statement]:
        gone = [key for key, row in changed.items() if row is None]
        kept = [self.statements.values(row) for row in changed.values() if row is not None]
        writing: list[Statement] = []
        if gone:
            writing.append((self.statements.delete, _columns(gone)))
        if len(kept) == 1:
            writing.append((self.statements.upsert_one, kept[0]))
        elif kept:
            writing.append((self.statements.upsert, _columns(kept)))
        return writing


def folded(model: ReadModel, facts: Iterable[Recorded[Any]]) -> dict[Key, Row | None]:
    """The rows that events of whole streams leave, in order, without a table."""
    batch = _Batch(model)
    for fact in facts:
        batch.touch(fact)
    return batch.fold({})


@dataclass
class _Batch:
    model: ReadModel
    touches: list[tuple[Key, Recorded[Any]]] = field(default_factory=list)
    # A stream that begins in this batch cannot have rows yet.
    begun: set[str] = field(default_factory=set)

    def touch(self, fact: Recorded[Any]) -> None:
        if fact.version == 1:
            self.begun.add(fact.stream)
        self.touches += [(key, fact) for key in self.model.keys(fact)]

    def to_load(self) -> list[Key]:
        return list({key for key, fact in self.touches if fact.stream not in self.begun})

    def fold(self, rows: dict[Key, Row]) -> dict[Key, Row | None]:
        changed: dict[Key, Row | None] = {}
        for key, fact in self.touches:
            row = changed.get(key) if key in changed else rows.get(key)
            if row is not None and row[VERSION] >= fact.version:
                continue
            after = self.model.change(key, row, fact)
            changed[key] = None if after is None else after | {VERSION: fact.version}
        return changed


class _Statements:
    """The SQL of one table, rendered once: many rows and keys go as one array a column."""

    def __init__(self, table: sa.Table, name: str) -> None:
        self.names = [column.name for column in table.columns]
        self.key_names = [column.name for column in table.primary_key.columns]
        self._table = table
        self._name = _quoted(name)
        self._known = frozenset(self.names)
        self._json = [at for at, c in enumerate(table.columns) if isinstance(c.type, sa.JSON)]

    @cached_property
    def select(self) -> str:
        return f"{self._select} JOIN {self._unnest(self.key_names)} ON {self._same_key}"

    @cached_property
    def select_one(self) -> str:
        same = " AND ".join(f"t.{_quoted(name)} = %s" for name in self.key_names)
        return f"{self._select} WHERE {same}"

    @cached_property
    def empty(self) -> str:
        return f"DELETE FROM {self._name}"  # noqa: S608  (names of our own Table)

    @cached_property
    def delete(self) -> str:
        given = f"USING {self._unnest(self.key_names)} WHERE {self._same_key}"
        return f"DELETE FROM {self._name} t {given}"  # noqa: S608  (names of our own Table)

    @cached_property
    def upsert(self) -> str:
        return self._upsert(f"SELECT * FROM {self._unnest(self.names)}")  # noqa: S608  (same)

    @cached_property
    def upsert_one(self) -> str:
        values = ", ".join(f"%s::{self._type(name)}" for name in self.names)
        return self._upsert(f"VALUES ({values})")

    def values(self, row: Row) -> tuple[Any, ...]:
        """The row's values in the table's order; JSON as text, absent columns as NULL."""
        unknown = row.keys() - self._known
        if unknown:
            raise KeyError(f"{self._table.name} has no column {sorted(unknown)}")
        values = list(map(row.get, self.names))
        for place in self._json:
            if values[place] is not None:
                values[place] = orjson.dumps(values[place]).decode()
        return tuple(values)

    @property
    def _select(self) -> str:
        columns = ", ".join(f"t.{_quoted(name)}" for name in self.names)
        return f"SELECT {columns} FROM {self._name} t"  # noqa: S608  (names of our own Table)

    def _upsert(self, rows: str) -> str:
        names = ", ".join(map(_quoted, self.names))
        keys = ", ".join(map(_quoted, self.key_names))
        rest = [_quoted(name) for name in self.names if name not in self.key_names]
        sets = ", ".join(f"{name} = excluded.{name}" for name in rest)
        return (
            f"INSERT INTO {self._name} ({names}) {rows} ON CONFLICT ({keys}) DO UPDATE SET {sets}"
        )

    def _unnest(self, names: list[str]) -> str:
        arrays = ", ".join(f"%s::{self._type(name)}[]" for name in names)
        return f"unnest({arrays}) AS n({', '.join(map(_quoted, names))})"

    @property
    def _same_key(self) -> str:
        return " AND ".join(f"t.{_quoted(name)} = n.{_quoted(name)}" for name in self.key_names)

    def _type(self, name: str) -> str:
        return self._table.c[name].type.compile(dialect=_DIALECT)


def _quoted(name: str) -> str:
    return _DIALECT.identifier_preparer.quote_identifier(name)


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
