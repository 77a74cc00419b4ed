"""Events made up from their declarations, for tests that hold for every event."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from hypothesis import strategies as st
from marshmallow.validate import Length, Range, Regexp

from contracts.catalog import EventType, event_types
from contracts.golden import DECLARED_IN

# Importing the modules declares the events.
assert DECLARED_IN
EVENTS = event_types()
PUBLISHED = [declared for declared in EVENTS if declared.is_published]

_CHARACTERS = st.characters(exclude_categories=["Cs"])
_SIMPLE: dict[type, st.SearchStrategy[Any]] = {
    UUID: st.uuids(),
    bool: st.booleans(),
    int: st.integers(-(2**31), 2**31),
    str: st.text(_CHARACTERS, max_size=30),
    date: st.dates(min_value=date(1900, 1, 1)),
    datetime: st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  (hypothesis wants it naive)
}


def events(declared: EventType) -> st.SearchStrategy[Any]:
    """Events of this type, as their rules allow."""
    return _built(declared.cls)


def name(declared: EventType) -> str:
    return declared.wire


def _built(cls: type[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls, include_extras=True)
    return st.builds(cls, **{field.name: _values(hints[field.name]) for field in fields(cls)})


def _values(hint: Any) -> st.SearchStrategy[Any]:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _marked(args[0], args[1:])
    if origin in (Union, UnionType):
        return st.one_of(*(_values(arg) for arg in args))
    if origin is tuple:
        return st.lists(_values(args[0]), max_size=3).map(tuple)
    return _plain(hint)


def _plain(hint: type[Any]) -> st.SearchStrategy[Any]:
    if hint is NoneType:
        return st.none()
    if is_dataclass(hint):
        return _built(hint)
    return st.sampled_from(hint) if issubclass(hint, Enum) else _SIMPLE[hint]


def _marked(hint: Any, marks: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    for mark in marks:
        if isinstance(mark, Regexp):
            return st.from_regex(str(mark.regex.pattern), fullmatch=True).filter(_is_line)
        if isinstance(mark, Length):
            most = min(mark.max or 30, 30)
            return st.text(
                st.characters(exclude_categories=["Cs"]), min_size=mark.min or 0, max_size=most
            )
        if isinstance(mark, Range):
            return st.integers(mark.min, mark.max or 2**31)
    return _values(hint)


def _is_line(text: str) -> bool:
    # Python's `$` also fits before a last line end, which no rule of ours means.
    return len(text) < 200 and not text.endswith("\n")
