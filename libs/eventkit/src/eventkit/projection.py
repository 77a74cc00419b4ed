"""Fold events into the rows of read models: a batch in memory, one read and one write a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
import sqlalchemy as sa
from psycopg import sql

from eventkit.readmodel import Key, ReadModel, Row
from eventkit.recorded import Recorded
from eventkit.store import Connection

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
        changed = batch.fold(rows)
        self._write(connection, changed)

    def _present(self, connection: Connection, keys: list[Key]) -> dict[Key, Row]:
        if not keys:
            return {}
        found = connection.execute(self.statements.select, _columns(keys)).fetchall()
        names = self.statements.names
        rows = [dict(zip(names, values, strict=True)) for values in found]
        return {tuple(row[name] for name in self.statements.key_names): row for row in rows}

    def _write(self, connection: Connection, changed: dict[Key, Row | None]) -> None:
        gone = [key for key, row in changed.items() if row is None]
        kept = [self.statements.values(row) for row in changed.values() if row is not None]
        if gone:
            connection.execute(self.statements.delete, _columns(gone))
        if kept:
            connection.execute(self.statements.upsert, _columns(kept))


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
    """The SQL of one table: rows go in and keys go out as one array a column."""

    def __init__(self, table: sa.Table, name: str) -> None:
        self.names = [column.name for column in table.columns]
        self.key_names = [column.name for column in table.primary_key.columns]
        self._table = table
        self._name = sql.Identifier(name)

    @cached_property
    def select(self) -> sql.Composed:
        columns = sql.SQL(", ").join(sql.Identifier("t", name) for name in self.names)
        return sql.SQL("SELECT {} FROM {} t JOIN {} ON {}").format(
            columns, self._name, self._unnest(self.key_names), self._same_key("t")
        )

    @cached_property
    def delete(self) -> sql.Composed:
        return sql.SQL("DELETE FROM {} t USING {} WHERE {}").format(
            self._name, self._unnest(self.key_names), self._same_key("t")
        )

    @cached_property
    def upsert(self) -> sql.Composed:
        keys = sql.SQL(", ").join(map(sql.Identifier, self.key_names))
        names = sql.SQL(", ").join(map(sql.Identifier, self.names))
        sets = sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name))
            for name in self.names
            if name not in self.key_names
        )
        return sql.SQL(
            "INSERT INTO {} ({}) SELECT * FROM {} ON CONFLICT ({}) DO UPDATE SET {}"
        ).format(self._name, names, self._unnest(self.names), keys, sets)

    def values(self, row: Row) -> tuple[Any, ...]:
        """The row's values in the table's order; JSON as text, absent columns as NULL."""
        unknown = row.keys() - set(self.names)
        if unknown:
            raise KeyError(f"{self._table.name} has no column {sorted(unknown)}")
        return tuple(self._plain(name, row.get(name)) for name in self.names)

    def _plain(self, name: str, value: Any) -> Any:
        if isinstance(self._table.c[name].type, sa.JSON):
            return None if value is None else orjson.dumps(value).decode()
        return value

    def _unnest(self, names: list[str]) -> sql.Composed:
        arrays = sql.SQL(", ").join(
            sql.SQL("%s::{}[]").format(sql.SQL(self._type(name))) for name in names
        )
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        return sql.SQL("unnest({}) AS n({})").format(arrays, columns)

    def _type(self, name: str) -> Any:
        return self._table.c[name].type.compile(dialect=_DIALECT)

    def _same_key(self, alias: str) -> sql.Composed:
        return sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier(alias, name), sql.Identifier("n", name))
            for name in self.key_names
        )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
