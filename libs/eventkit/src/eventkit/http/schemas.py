"""Answers that every service gives in the same shape."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields


class Written(Schema):
    """What a command answers: the thing, and the version that a next If-Match names."""

    id = fields.String(required=True)
    version = fields.Integer(required=True)


class Unversioned(Schema):
    """An answer without an ETag: made anew for each question, or of no thing that has versions."""


_pages: dict[type[Schema], type[Schema]] = {}


def page_of(item: type[Schema]) -> type[Schema]:
    """The schema of a page of items, as `listed` answers it."""
    if item not in _pages:
        members: dict[str, Any] = {
            "items": fields.List(fields.Nested(item), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "The cursor of the next page; null on the last."},
            ),
        }
        _pages[item] = type(f"{item.__name__}Page", (Page,), members)
    return _pages[item]


class Page(Schema):
    """A page of a list; see page_of."""
