"""What a webhook says: type, time and ids; who wants to know more asks the API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

LARGEST = 20_000
_KEYS = ("ags", "ars", "district_key")


def body(wire: str, occurred_at: datetime, published: dict[str, Any]) -> bytes:
    """Put a published event into the body of Standard Webhooks; beyond 20 kB its ids are left."""
    whole = _body(wire, occurred_at, published)
    if len(whole) < LARGEST:
        return whole
    return _body(wire, occurred_at, {k: v for k, v in published.items() if _identifies(k)})


def _identifies(name: str) -> bool:
    return name.endswith("_id") or name in _KEYS


def _body(wire: str, occurred_at: datetime, data: dict[str, Any]) -> bytes:
    moment = occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": wire, "timestamp": moment, "data": data})
