"""The trace that a request belongs to (W3C Trace Context); `tracestate` is not kept."""

from __future__ import annotations

import re
from os import urandom
from typing import Final
from uuid import UUID

# Version ff, and ids of zeros alone, are invalid; what later versions add behind is not ours.
_GIVEN: Final = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?P<known>(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}"
    r"-[0-9a-f]{2})(?P<more>-[!-~]*)?\Z"
)
_LONGEST: Final = 512


def traceparent(given: str | None, correlation_id: str) -> str:
    """The caller's trace; without a valid one, a new trace that has the request's id."""
    found = _GIVEN.match(given) if given and len(given) <= _LONGEST else None
    if found is None or (found["version"] == "00" and found["more"]):
        return f"00-{UUID(correlation_id).hex}-{urandom(8).hex()}-00"
    return f"00-{found['known']}"
