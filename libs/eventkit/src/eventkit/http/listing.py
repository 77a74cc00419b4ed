"""What a list may be narrowed by and sorted by: declared once, beside its view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from eventkit.http.fields import Text
from eventkit.http.moments import Time
from eventkit.http.views import listed
from eventkit.texts import caseless

Column = sa.ColumnElement[Any]
Condition = sa.ColumnElement[bool]
# What Unicode's decomposed form has beside a letter: the dots of ö, the accent of é.
_MARKS = "[\u0300-\u036f]"


@dataclass(frozen=True)
class Filter:
    """A query parameter, and which rows it leaves for a value."""

    field: fields.Field[Any]
    leaves: Callable[[Any], Condition]


def same(column: Column, field: fields.Field[Any]) -> Filter:
    """Rows with exactly this value; of an enum, its value."""
    return Filter(
        field, lambda value: column == (value.value if isinstance(value, Enum) else value)
    )


def since(column: Column, **options: Any) -> Filter:
    """Rows of this time or later."""
    told = {"description": "At this time or later; write a + as %2B."}
    return Filter(Time(metadata=told, **options), lambda at: column >= at)


def before(column: Column, **options: Any) -> Filter:
    """Rows of before this time."""
    told = {"description": "Before this time; write a + as %2B."}
    return Filter(Time(metadata=told, **options), lambda at: column < at)


def part_of(folded: Column) -> Filter:
    """Rows whose text has this part, in any case; the column holds what `caseless` makes of it."""
    told = {"description": "Part of the text, in any case and form of letters."}
    return Filter(
        Text(1, 100, metadata=told),
        lambda text: folded.contains(caseless(text), autoescape=True),
    )


def alphabetical(text: Column) -> Column:
    """The order of German dictionaries (DIN 5007-1): Ö stands with O, in any case.

    Not by a collation, for PostgreSQL has none of German unless it was built with ICU.
    """
    decomposed = sa.func.normalize(sa.func.lower(text), sa.text("NFD"))
    bare = sa.func.regexp_replace(decomposed, _MARKS, "", "g")
    return sa.collate(sa.func.replace(bare, "ß", "ss", type_=sa.Text), "C")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """How one list is asked for; use `schema` for its view's query and answer with `answer`.

    `key` is unique and breaks ties. `sorts` names what the list may be sorted by, the usual order
    first; a `-` before a name turns it. No column of an order may be NULL: a cursor could not
    name its place, so wrap such a column with `coalesce`. Raises ValueError where one may be.
    """

    name: str
    key: tuple[Column, ...]
    sorts: Mapping[str, tuple[Column, ...]]
    usual: str
    filters: Mapping[str, Filter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for column in (*self.key, *(one for some in self.sorts.values() for one in some)):
            if isinstance(column, sa.Column) and column.nullable:
                raise ValueError(f"{self.name}: {column} may be NULL, so nothing stands after it.")

    @cached_property
    def schema(self) -> type[Schema]:
        """Of the query: the filters, and `sort`."""
        told = {"description": f"What to sort by, `-` for falling; `{self.usual}` unless said."}
        ways = [way for name in self.sorts for way in (name, f"-{name}")]
        sort = fields.String(validate=OneOf(ways), load_default=self.usual, metadata=told)
        filters = {name: one.field for name, one in self.filters.items()}
        return Schema.from_dict({**filters, "sort": sort}, name=self.name)

    def answer(
        self, query: sa.Select[Any], schema: type[Schema], wanted: Mapping[str, Any]
    ) -> Response:
        """A page of the query's rows as the caller wants them; see `listed`."""
        for name, one in self.filters.items():
            if name in wanted:
                query = query.where(one.leaves(wanted[name]))
        return listed(query, schema, sort=self.order(wanted["sort"]))

    def order(self, sort: str) -> tuple[Column, ...]:
        """The columns of an order, the key last; all rise or all fall, as one index does."""
        columns = self.sorts[sort.removeprefix("-")]
        whole = (*columns, *(one for one in self.key if not any(one is c for c in columns)))
        return tuple(one.desc() for one in whole) if sort.startswith("-") else whole
