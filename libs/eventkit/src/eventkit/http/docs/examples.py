"""Examples for every body, put together from words: a word for each member that bodies have.

A word stands under the member's name, under `Schema.member` where one schema needs its own, or
under the schema's name where its members only make sense together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Words = Mapping[str, Any]
_REF = "#/components/schemas/"
_BY_FORMAT: Mapping[str, str] = {
    "uuid": "0f3a3c5e-9d1b-4c55-8a53-6a3a3c1d6a10",
    "date-time": "2026-10-16T14:00:00+02:00",
    "date": "2026-10-16",
    "email": "integration@stadt.example.org",
    "uri": "https://treffen.example.org/raum",
}
KIT_WORDS: Words = {
    "id": "0f3a3c5e-9d1b-4c55-8a53-6a3a3c1d6a10",
    "version": 4,
    "next": None,
    "limit": 50,
    "code": "not-found",
    "KindView.type": "https://treffen.example.org/problems/not-found",
    "KindView.title": "Not found",
    "KindView.remedy": "Check the address. What is not for you is answered in the same way.",
    "statuses": [404],
    "Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
    "If-Match": '"4"',
    "digest": "5d41402abc4b2a76",
    "name": "start.js",
    "HistoryEntry": {
        "version": 4,
        "type": "netztreff.meeting.placed.v1",
        "occurred_at": "2026-09-01T08:00:00+00:00",
        "recorded_at": "2026-09-01T08:00:00+00:00",
        "data": {"meeting_id": _BY_FORMAT["uuid"], "venue": "Rathaus"},
        "withheld": ["access_hint", "join_url"],
        "erased": False,
        "actor": {"kind": "client", "id": None},
        "correlation_id": "0a4f2a55-3a2d-4a0b-9a7e-5d8f3c1b2e60",
    },
    "ActorView.kind": "client",
    "ErasureBody": {"reason": "request"},
    "PartBody": {"service": "notifications", "cleared": 0, "remaining": 2, "remains": "5f" * 32},
    "CertificateView": {
        "person": _BY_FORMAT["uuid"],
        "service": "registry",
        "state": "pending",
        "erased_at": "2026-09-01T08:00:00+00:00",
        "reason": "request",
        "parts": [
            {
                "service": "registry",
                "cleared": 1,
                "remaining": 1,
                "remains": "5f" * 32,
                "acknowledged_at": "2026-09-01T08:00:00+00:00",
            }
        ],
        "missing": ["meetings", "notifications"],
    },
    "ExportView": {
        "person": _BY_FORMAT["uuid"],
        "service": "registry",
        "made_at": "2026-09-01T08:00:00+00:00",
        "erased": False,
        "events": [
            {
                "stream": f"contact-{_BY_FORMAT['uuid']}",
                "version": 1,
                "type": "contact.appointed.v1",
                "occurred_at": "2026-09-01T08:00:00+00:00",
                "recorded_at": "2026-09-01T08:00:00+00:00",
                "data": {"contact_id": _BY_FORMAT["uuid"], "email": "amt@stadt.example.org"},
            }
        ],
        "rows": [
            {
                "table": "contacts",
                "known_from": "registry",
                "data": {"contact_id": _BY_FORMAT["uuid"], "email": "amt@stadt.example.org"},
            }
        ],
        "others": ["meetings", "notifications"],
    },
    "GenerationView.ended_at": None,
    "LostView": {
        "source": "registry",
        "event_id": "8e03978e-40d5-43dd-bc93-6894a57f9324",
        "generation": _BY_FORMAT["uuid"],
        "stream": "contact-0f3a3c5e-9d1b-4c55-8a53-6a3a3c1d6a10",
        "version": 4,
        "had_effect": True,
        "found_at": "2026-09-01T08:00:00+00:00",
        "acknowledged_at": None,
    },
    "LostBody.reason": "Entered again from the minutes.",
    "LostAcknowledgedView": {
        "id": _BY_FORMAT["uuid"],
        "source": "registry",
        "events": 2,
        "reason": "Entered again from the minutes.",
    },
    "parked_id": "17",
    "parked_for": "handler",
    "dry_run": True,
    "ParkedView": {
        "id": 17,
        "source": "registry",
        "stream": "contact-0f3a3c5e-9d1b-4c55-8a53-6a3a3c1d6a10",
        "version": 4,
        "event_id": "8e03978e-40d5-43dd-bc93-6894a57f9324",
        "type": "contact.left.v1",
        "reason": "handler",
        "detail": "KeyError: 'party'",
        "parked_at": "2026-09-01T08:00:00+00:00",
        "retry_at": None,
        "size": 812,
        "waiting": 2,
    },
    "ReasonBody.reason": "Mended with version 1.4.2.",
    "RetryBody.reason": "Mended with version 1.4.2.",
    "RetryAllBody": {
        "source": "registry",
        "parked_for": "handler",
        "limit": 50,
        "dry_run": False,
        "reason": "Mended with version 1.4.2.",
    },
    "ChosenView": {"id": _BY_FORMAT["uuid"], "parked": [17, 23]},
    "ActView": {
        "action_id": _BY_FORMAT["uuid"],
        "parked_id": 17,
        "source": "registry",
        "act": "skip",
        "actor": "client:nw_operator",
        "reason": "Mended with version 1.4.2.",
        "asked_at": "2026-09-01T08:00:00+00:00",
        "outcome": "done",
        "events": 1,
        "why": None,
        "done_at": "2026-09-01T08:00:02+00:00",
    },
    "ActionView": {
        "id": _BY_FORMAT["uuid"],
        "act": "retry",
        "reason": "Mended with version 1.4.2.",
        "asked_at": "2026-09-01T08:00:00+00:00",
        "asked": 1,
        "done": 1,
        "results": [
            {
                "parked_id": 17,
                "source": "registry",
                "outcome": "done",
                "events": 1,
                "why": None,
                "done_at": "2026-09-01T08:00:02+00:00",
            }
        ],
    },
}


class Examples:
    """Makes examples for the schemas of one document.

    `missing` names the members that have no word and whose schema does not suggest one.
    """

    def __init__(self, schemas: Mapping[str, Any], words: Words) -> None:
        self._schemas = schemas
        self._words = {**KIT_WORDS, **words}
        self.missing: set[str] = set()

    def of(self, schema: Mapping[str, Any], owner: str = "", member: str = "") -> Any:
        """An example of a schema, which may be a member of another one."""
        for key in (f"{owner}.{member}", member):
            if key in self._words:
                return self._words[key]
        if "$ref" in schema:
            return self._named(str(schema["$ref"]).removeprefix(_REF))
        if composed := schema.get("allOf") or schema.get("anyOf") or schema.get("oneOf"):
            return self.of(composed[0], owner, member)
        return self._made(schema, owner, member)

    def _named(self, name: str) -> Any:
        if name in self._words:
            return self._words[name]
        return self.of(self._schemas[name], owner=name)

    def _made(self, schema: Mapping[str, Any], owner: str, member: str) -> Any:
        kind = _kind(schema)
        if kind == "object":
            members = schema.get("properties", {})
            return {name: self.of(inner, owner, name) for name, inner in members.items()}
        if kind == "array":
            return [self.of(schema["items"], owner, f"{member}[]")]
        suggested = _suggested(schema, kind)
        if suggested is None:
            self.missing.add(f"{owner}.{member}")
        return "…" if suggested is None else suggested


def _suggested(schema: Mapping[str, Any], kind: str) -> Any:
    """What a schema itself says about its values; None where that is nothing."""
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    by_kind = {"boolean": True, "integer": schema.get("minimum", 1)}
    return by_kind.get(kind, _BY_FORMAT.get(schema.get("format", "")))


def _kind(schema: Mapping[str, Any]) -> str:
    given = schema.get("type", "")
    return str(given[0] if isinstance(given, list) else given)
