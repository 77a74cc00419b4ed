"""The CloudEvents attributes that our events carry, as JSON Schema: in JSON, and as headers."""

from __future__ import annotations

from typing import Any

from contracts.envelope import JSON

Schema = dict[str, Any]

_UUID: Schema = {"type": "string", "format": "uuid"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_URI: Schema = {"type": "string", "format": "uri"}
_TEXT: Schema = {"type": "string", "minLength": 1}

REQUIRED: dict[str, Schema] = {
    "specversion": {"const": "1.0"},
    "id": _UUID | {"description": "The same however often the event comes."},
    "source": _URI | {"description": "The service that tells it."},
    "type": _TEXT | {"description": "Name and version."},
    "subject": _TEXT | {"description": "The stream: one thing, whose events are in order."},
    "time": _TIME | {"description": "When it became true."},
    "sequence": {
        "type": "string",
        "pattern": "^[0-9]{20}$",
        "description": "The place among all events of the source; sorts as text.",
    },
    "streamversion": {
        "type": "integer",
        "minimum": 1,
        "description": "The place in the stream, from 1 on; no gaps for who hears all of it.",
    },
    "generation": _UUID | {"description": "Another one after the source's store was restored."},
    "correlationid": _TEXT | {"description": "What belongs to one request."},
    "recordedtime": _TIME | {"description": "When it was stored."},
    "dataschema": _URI | {"description": "Where the JSON Schema of `data` is served."},
}
OPTIONAL: dict[str, Schema] = {
    "causationid": _TEXT | {"description": "The event that this one follows from."},
    "tenant": _TEXT | {"description": "Who acted: an AGS, a district key, or a role."},
    "traceparent": _TEXT | {"description": "The trace in which it was stored (W3C)."},
    "deprecated": {"const": True, "description": "Another event takes its place."},
    "deprecationfrom": _TIME | {"description": "Since when."},
    "deprecationsunset": _TIME | {"description": "From when on none is published any more."},
    "deprecationmigration": _URI | {"description": "What to read in its place."},
}


def attributes() -> Schema:
    """An event in a JSON batch, whatever its data."""
    return {
        "type": "object",
        "required": [*REQUIRED, "data"],
        "properties": {**REQUIRED, **OPTIONAL, "data": {"type": "object"}},
    }


def headers() -> Schema:
    """The headers of a record on Kafka, where everything is text."""
    told = {f"ce_{name}": _as_text(schema) for name, schema in {**REQUIRED, **OPTIONAL}.items()}
    return {
        "type": "object",
        "required": ["content-type", *(f"ce_{name}" for name in REQUIRED)],
        "properties": {"content-type": {"const": JSON}, **told},
    }


def _as_text(schema: Schema) -> Schema:
    kept = {key: value for key, value in schema.items() if key in ("description", "const")}
    if schema.get("type") == "integer":
        return {**kept, "type": "string", "pattern": "^[0-9]+$"}
    if schema.get("const") is True:
        return {**kept, "const": "true"}
    return schema
