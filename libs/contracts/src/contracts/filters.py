"""How a reader names the events that it wants, in the feed and for webhooks alike.

A filter is `*`, `meeting.*`, `meeting.scheduled` or `meeting.scheduled.v1`, also with the prefix of
our CloudEvents types. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from contracts.catalog import EventType

EVERYTHING = "*"
UNKNOWN = (
    "There is no such event type; others read like meeting.scheduled, meeting.scheduled.v1,"
    " meeting.* or *."
)
_PREFIX = "netztreff."


class UnknownFilter(ValueError):
    """No event is called like this."""


def parse(text: str, offered: Iterable[EventType]) -> str:
    """The filter without our prefix; raises UnknownFilter where it fits nothing on offer."""
    plain = text.removeprefix(_PREFIX)
    if not any(plain in matching(one.wire) for one in offered):
        raise UnknownFilter(UNKNOWN)
    return plain


def matching(wire: str) -> frozenset[str]:
    """Every filter that the event with this wire name fits."""
    noun, participle, _ = wire.split(".")
    return frozenset({EVERYTHING, f"{noun}.*", f"{noun}.{participle}", wire})
