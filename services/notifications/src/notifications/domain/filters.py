"""Which events a webhook endpoint asks for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import get_args

from contracts import filters
from contracts.catalog import EventType, event_types, newest
from contracts.events import meetings, registry
from contracts.events.notifications import DeliveryEvent

# Importing the modules fills the catalogue.
_DECLARED_IN = (registry, meetings)
# Webhooks tell of what others publish; a call about a call would lead to the next one.
_NEVER_TOLD = get_args(DeliveryEvent)


def parse(text: str) -> str:
    """The filter as it is kept; raises UnknownFilter for what may never be told."""
    return filters.parse(text, _told())


def asked_for(wanted: Iterable[str], wire: str) -> bool:
    """Whether one of the filters names the event with this wire name."""
    return not filters.matching(wire).isdisjoint(wanted)


@cache
def _told() -> tuple[EventType, ...]:
    names = {declared.name for declared in event_types() if declared.is_published}
    return tuple(one for one in map(newest, sorted(names)) if one.cls not in _NEVER_TOLD)
