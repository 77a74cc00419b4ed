"""What people read about an event, taken from its declaration; as data, and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.catalog import EventType, published_by
from contracts.examples import example
from contracts.schemas import json_schema
from contracts.topics import SERVICES, topic

Schema = Mapping[str, Any]

_FORMATS = {"uuid": "UUID", "date": "date", "date-time": "time with zone"}
_KINDS = {"boolean": "true or false", "integer": "whole number", "object": "object"}


@dataclass(frozen=True, kw_only=True)
class FieldDescription:
    """A field; `party.kind` stands inside `party`, `items[].title` in each of `items`.

    A personal field is withheld: it is stored encrypted and never published.
    """

    name: str
    holds: str
    is_required: bool
    is_personal: bool


@dataclass(frozen=True, kw_only=True)
class EventDescription:
    """An event; `example` is JSON of its data."""

    declared: EventType
    fields: tuple[FieldDescription, ...]
    example: str


def descriptions(service: str) -> list[EventDescription]:
    """The events that a service publishes, all versions, by wire name."""
    return [
        EventDescription(
            declared=one,
            fields=tuple(_fields(json_schema(one, "stored"))),
            example=json.dumps(example(one), ensure_ascii=False, indent=2),
        )
        for one in published_by(service)
    ]


def markdown() -> str:
    """The page about all events; needs the declarations of all services."""
    return "\n".join([_HEAD, *(line for service in SERVICES for line in _chapter(service))])


_HEAD = """# Events

Written by `make golden` from the declarations in `libs/contracts`; not to be edited. Each service
shows the same at `/catalogue`, serves the JSON Schemas at `/schemas/<name>`, and describes its
topic and feed in `/asyncapi.json`.

An event is sent as soon as its fact is stored, in the order of its stream. What is *withheld*
identifies a person: it is stored encrypted and never sent.
"""


def _chapter(service: str) -> Iterator[str]:
    yield f"## {service}\n\nTopic `{topic(service)}`, feed `/events` of the service.\n"
    for found in descriptions(service):
        yield from _section(found)


def _section(found: EventDescription) -> Iterator[str]:
    declared = found.declared
    yield f"### {declared.wire}\n\n{declared.meaning} Since {declared.since}.\n"
    if gone := declared.deprecated:
        end = f", sent no more from {gone.sunset} on" if gone.sunset else ""
        yield f"**Deprecated** since {gone.since}{end}: read `{gone.use}` in its place.\n"
    yield "| field | holds | sent |\n|---|---|---|"
    for field in found.fields:
        yield f"| `{field.name}` | {field.holds.replace('|', chr(92) + '|')} | {_status(field)} |"
    yield f"\n```json\n{found.example}\n```\n"


def _status(field: FieldDescription) -> str:
    if field.is_personal:
        return "withheld"
    return "required" if field.is_required else "optional"


def _fields(schema: Schema, within: str = "") -> Iterator[FieldDescription]:
    required = schema.get("required", ())
    for name, inner in schema["properties"].items():
        yield FieldDescription(
            name=within + name,
            holds=_holds(inner),
            is_required=name in required,
            is_personal=inner.get("x-personal", False),
        )
        part = inner.get("items", inner)
        if "properties" in part:
            list_mark = "[]" if "items" in inner else ""
            yield from _fields(part, f"{within}{name}{list_mark}.")


def _holds(schema: Schema) -> str:
    if "enum" in schema:
        return _one_of(value for value in schema["enum"] if value is not None)
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kind = types[0]
    if kind == "array":
        return f"list: {_holds(schema['items'])}"
    return _text(schema) if kind == "string" else _KINDS[kind] + _range(schema)


def _one_of(values: Iterable[Any]) -> str:
    return "one of " + ", ".join(f"`{value}`" for value in values)


def _text(schema: Schema) -> str:
    if "format" in schema:
        return _FORMATS[schema["format"]]
    if "pattern" in schema:
        return f"text like `{schema['pattern']}`"
    return f"text, {schema['minLength']} to {schema['maxLength']} characters"


def _range(schema: Schema) -> str:
    return f" from {schema['minimum']}" if "minimum" in schema else ""
