"""Which events a webhook endpoint asks for.

A filter is `*`, `meeting.*`, `meeting.scheduled` or `meeting.scheduled.v1`. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

EVERYTHING = "*"
PATTERN = r"^(\*|[a-z_]+\.(\*|[a-z_]+(\.v[0-9]+)?))$"
_FILTER = re.compile(PATTERN)


def is_filter(text: str) -> bool:
    """Whether the text has the form of a filter; it may name an event that comes later."""
    return len(text) <= 100 and bool(_FILTER.match(text)) and "\n" not in text


def asked_for(filters: Iterable[str], wire: str) -> bool:
    """Whether one of the filters names the event with this wire name."""
    noun, participle, _ = wire.split(".")
    names = {EVERYTHING, f"{noun}.*", f"{noun}.{participle}", wire}
    return not names.isdisjoint(filters)
