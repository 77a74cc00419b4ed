"""What a webhook says: type, time and ids; who wants to know more asks the API.

So a webhook tells nobody more than the API would: there the caller's role decides.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

# Beside everything that ends in _id: keys of the official directory, and whom an event is about.
_KEYS = frozenset({"ags", "ars", "district_key", "host_ags", "party", "audience"})


def body(wire: str, occurred_at: datetime, published: dict[str, Any]) -> bytes:
    """The body of Standard Webhooks for a published event."""
    moment = occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    data = {name: value for name, value in published.items() if _identifies(name)}
    return orjson.dumps({"type": wire, "timestamp": moment, "data": data})


def _identifies(name: str) -> bool:
    return name.endswith("_id") or name in _KEYS
