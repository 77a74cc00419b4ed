"""Events as JSON bytes: the stored form, the published form, and back to the newest class."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from marshmallow import Schema

from contracts.catalog import EventType, event_type, find, newest
from contracts.schemas import schema
from contracts.upcasts import upcast

_decoder: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


def encode(event: object) -> bytes:
    """The stored form of an event, its personal fields as they are in the object."""
    event_type(event)
    return msgspec.json.encode(event)


def decode(wire: str, data: bytes | str) -> Any:
    """Build an event of the newest version from a trusted stored or published form.

    Raises UnknownEvent; does not validate, for speed: foreign data goes through `read`.
    """
    declared = find(wire)
    target = newest(declared.name)
    if declared is target:
        return _typed(target).decode(data)
    return msgspec.convert(upcast(declared, target, _decoder.decode(data)), target.cls)


def read(wire: str, data: bytes) -> Any:
    """Like `decode`, for a published form that came from another service.

    Raises UnknownEvent, marshmallow.ValidationError, or msgspec.DecodeError (this is no JSON).
    """
    _published(find(wire)).load(_decoder.decode(data))
    return decode(wire, data)


def published(wire: str, stored: bytes | str) -> bytes:
    """The bytes that topic and feed carry: the stored bytes without the personal fields."""
    declared = find(wire)
    if not declared.personal:
        return stored.encode() if isinstance(stored, str) else stored
    kept = _decoder.decode(stored)
    return msgspec.json.encode({k: v for k, v in kept.items() if k not in declared.personal})


@cache
def _published(declared: EventType) -> Schema:
    # Making a schema object costs more than loading with it.
    return schema(declared, "published")()


@cache
def _typed(declared: EventType) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(declared.cls)


def personal_values(event: object) -> dict[str, tuple[str, str]]:
    """Per personal field that is set: the person's id and the plain value."""
    declared: EventType = event_type(event)
    return {
        name: (str(getattr(event, of)), getattr(event, name))
        for name, of in declared.personal.items()
        if getattr(event, name) is not None
    }
