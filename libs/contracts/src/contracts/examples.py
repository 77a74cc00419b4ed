"""One example of each published event, made from its JSON Schema; the same at every run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.catalog import EventType
from contracts.envelope import Message
from contracts.schemas import json_schema

Schema = dict[str, Any]

_BY_FORMAT = {"date": "2026-03-12", "date-time": "2026-03-12T09:30:00Z"}
_BY_PATTERN = {
    "^[0-9]{2}$": "63",
    "^[0-9]{5}$": "08111",
    "^[0-9]{8}$": "08111000",
    "^[0-9]{12}$": "081110000000",
    "^https://": "https://video.example.org/raum",
    "^[0-9a-f]{64}$": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
}
_BY_NAME: dict[str, Any] = {
    "ends_at": "2026-03-12T15:30:00Z",
    "ended_at": "2026-03-12T15:45:00Z",
    "documented_at": "2026-03-20T10:00:00Z",
    "starts_year": 2025,
    "ends_year": 2027,
    "time_zone": "Europe/Berlin",
    "key": "08111000",
    "title": "Netzwerktreffen im Frühjahr",
    "name": "Musterstadt",
    "label": "Kohorte 2025",
    "venue": "Rathaus, Großer Saal",
    "online_platform": "Videokonferenz",
    "access_hint": "Der Zugang ist eine halbe Stunde vorher offen.",
    "vague_date": "Frühjahr 2026",
    "reason": "Der Saal ist belegt.",
    "mode_reason": "Wegen der Pandemie.",
    "role": "Integrationsbeauftragte:r",
    "author_role": "Organisation",
    "purpose": "Netzwerk",
    "source": "Anmeldeliste",
    "service": "notifications",
    "statement": "Das Sprachcafé hat neue Engagierte gewonnen.",
    "earlier": "Einzelne Vorhaben",
    "later": "Vorhaben im Verbund",
    "code": "connection-refused",
    "cause_type": "invitations.opened.v2",
    "topics": ["Patenschaften"],
    "emphasis": ["Sprachcafé"],
}


def example(declared: EventType) -> dict[str, Any]:
    """The data of one published event, with every field that it can have."""
    made: dict[str, Any] = _value("", json_schema(declared, "published"))
    return made


def sample(declared: EventType, source: str) -> Message:
    """The example of an event as a service at this address would send it."""
    at = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
    return Message(
        id=_id(declared.wire),
        source=source,
        type=declared.wire,
        subject=f"{declared.name.partition('.')[0]}-{_id('subject')}",
        time=at,
        position=1234,
        version=7,
        generation=_id("generation"),
        correlation_id=str(_id("correlation")),
        recorded_at=at,
        tenant="08111000",
        data=json.dumps(example(declared), ensure_ascii=False).encode(),
    )


def _value(name: str, schema: Schema) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if name in _BY_NAME:
        return _BY_NAME[name]
    types = schema["type"]
    return _made(name, schema, types if isinstance(types, str) else types[0])


def _made(name: str, schema: Schema, kind: str) -> Any:
    if kind == "object":
        return {key: _value(key, inner) for key, inner in schema["properties"].items()}
    if kind == "array":
        return [_value("", schema["items"])]
    if kind == "boolean":
        return False
    return _text(name, schema) if kind == "string" else max(1, schema.get("minimum", 1))


def _text(name: str, schema: Schema) -> str:
    if schema.get("format") == "uuid":
        return str(_id(name))
    known = _BY_FORMAT.get(schema.get("format", "")) or _BY_PATTERN.get(schema.get("pattern", ""))
    return known or name.replace("_", " ").capitalize() or "Text"


def _id(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"https://netztreff.example.org/{name}")
