"""JSON as we read it: stricter than the parsers, so that no two readers see different things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import loads
from typing import Any, Final

import orjson

from eventkit.http.problems import HttpRefusal, pointer

DEEPEST: Final = 32
# Escapes and bytes that control characters can come from; most bodies have none of them.
_SUSPECT: Final = re.compile(rb"\\u00|\\[bf]|\x7f|\xc2[\x80-\x9f]")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class _Duplicate(ValueError):
    """An object names a member twice."""


def parse(raw: bytes) -> Any:
    """The value of a JSON text; raises HttpRefusal with 400, or 422 for control characters.

    Refused: anything but UTF-8 without a mark, NaN and infinities, lone surrogates, trailing
    data, members named twice, more than 32 levels, numbers of thousands of digits.
    """
    try:
        loose = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _unparsable(f"The body is not JSON: {_where(error)}.") from error
    if raw.count(b"[") + raw.count(b"{") > DEEPEST and _is_deep(loose):
        raise _unparsable(f"The body is nested deeper than {DEEPEST} levels.")
    try:
        # orjson is strict, but keeps the last of two members and makes big numbers floats.
        value = loads(raw, object_pairs_hook=_unique)
    except _Duplicate as error:
        raise _unparsable("An object of the body names a member twice.") from error
    except ValueError as error:
        raise _unparsable("The body holds a number with too many digits.") from error
    if _SUSPECT.search(raw):
        _refuse_controls(value)
    return value


def has_control(text: str) -> bool:
    """Whether the text holds NUL or a control character other than tab and line ends."""
    return _CONTROL.search(text) is not None


def _unparsable(detail: str) -> HttpRefusal:
    return HttpRefusal(400, "unparsable", detail)


def _where(error: orjson.JSONDecodeError) -> str:
    # The parser's own sentence may repeat what was sent; the place is enough.
    return f"line {error.lineno}, column {error.colno}" if error.lineno else "wrong encoding"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Duplicate
    return members


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inner(outer)]
    return any(isinstance(one, list | dict) for one in level)


def _inner(value: object) -> Iterator[object]:
    match value:
        case dict():
            yield from (one for one in value.values() if isinstance(one, list | dict))
        case list():
            yield from (one for one in value if isinstance(one, list | dict))


def _refuse_controls(value: object) -> None:
    errors = [
        {"detail": "Control characters are not allowed.", "pointer": pointer(*at)}
        for at in _controls(value, ())
    ]
    if errors:
        raise HttpRefusal(422, "invalid", "The body holds control characters.", errors=errors)


def _controls(value: object, at: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    match value:
        case str() if has_control(value):
            yield at
        case list():
            for index, inner in enumerate(value):
                yield from _controls(inner, (*at, index))
        case dict():
            for name, inner in value.items():
                # A name with control characters is told at its object, without repeating it.
                yield from [at] if has_control(name) else _controls(inner, (*at, name))
