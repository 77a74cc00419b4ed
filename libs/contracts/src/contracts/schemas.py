"""The marshmallow schema and the JSON Schema of an event, derived from its declaration."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import marshmallow as ma
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from contracts.catalog import EventType, Personal

Form = Literal["stored", "published"]

_SCALARS: dict[type, type[ma.fields.Field[Any]]] = {
    UUID: ma.fields.UUID,
    str: ma.fields.String,
    datetime: ma.fields.AwareDateTime,
    date: ma.fields.Date,
    bool: ma.fields.Boolean,
}


class Tolerant(ma.Schema):
    """Unknown fields are ignored, so that a producer may add optional ones first."""

    class Meta:
        unknown = ma.EXCLUDE


class Whole(ma.validate.Regexp):
    """A pattern whose `$` is the end, as in JSON Schema; Python's also fits before a line end."""

    def __call__(self, value: Any) -> Any:
        if str(self.regex.pattern).endswith("$") and value.endswith("\n"):
            raise ma.ValidationError(self._format_error(value))
        return super().__call__(value)


@cache
def schema(declared: EventType, form: Form) -> type[ma.Schema]:
    """The marshmallow schema of a form; the published one has no personal fields."""
    hidden = set(declared.personal) if form == "published" else set()
    return _schema_of(declared.cls, frozenset(hidden))


def json_schema(declared: EventType, form: Form) -> dict[str, Any]:
    """JSON Schema 2020-12 of one form; `$id` is the name of its golden file."""
    plugin = MarshmallowPlugin(schema_name_resolver=_inline)
    APISpec(title="events", version="1", openapi_version="3.1.0", plugins=[plugin])
    converter: Any = plugin.converter
    body = converter.schema2jsonschema(schema(declared, form)())
    body.pop("additionalProperties", None)
    if declared.deprecated:
        body["deprecated"] = True
    suffix = "" if form == "published" else ".stored"
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{declared.wire}{suffix}.json",
        "title": declared.cls.__name__,
        "description": declared.meaning,
        **body,
    }


def _inline(_: type[ma.Schema]) -> Any:
    return None  # apispec embeds a schema without a name where it is used


def _schema_of(cls: type[Any], hidden: frozenset[str]) -> type[ma.Schema]:
    hints = get_type_hints(cls, include_extras=True)
    made = {f.name: _field(hints[f.name], f) for f in fields(cls) if f.name not in hidden}
    return type(cls.__name__, (Tolerant,), {**made, "__doc__": cls.__doc__})


def _field(hint: Any, declared: Field[Any]) -> ma.fields.Field[Any]:
    options: dict[str, Any] = {"required": declared.default is MISSING}
    if declared.default is not MISSING:
        options["load_default"] = declared.default
    return _plain(hint, options)


def _plain(hint: Any, options: dict[str, Any]) -> ma.fields.Field[Any]:
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        checks = [_check(mark) for mark in args[1:] if isinstance(mark, ma.validate.Validator)]
        if any(isinstance(mark, Personal) for mark in args[1:]):
            options["metadata"] = {"x-personal": True}
        return _plain(args[0], options | ({"validate": checks} if checks else {}))
    if origin in (Union, UnionType):
        (inner,) = [arg for arg in args if arg is not NoneType]
        return _plain(inner, options | {"allow_none": True})
    if origin is tuple:
        return ma.fields.List(_plain(args[0], {}), **options)
    return _scalar(hint, options)


def _check(declared: ma.validate.Validator) -> ma.validate.Validator:
    return Whole(declared.regex) if isinstance(declared, ma.validate.Regexp) else declared


def _scalar(hint: type[Any], options: dict[str, Any]) -> ma.fields.Field[Any]:
    if hint is int:
        return ma.fields.Integer(strict=True, **options)
    if is_dataclass(hint):
        return ma.fields.Nested(_schema_of(hint, frozenset()), **options)
    if issubclass(hint, Enum):
        return ma.fields.Enum(hint, by_value=True, **options)
    return _SCALARS[hint](**options)
