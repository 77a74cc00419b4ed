"""Which events a webhook endpoint asks for.

A filter is `*`, `meeting.*`, `meeting.scheduled` or `meeting.scheduled.v1`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import get_args

from contracts.catalog import event_types, newest
from contracts.events import meetings, registry
from contracts.events.notifications import DeliveryEvent

EVERYTHING = "*"
# Importing the modules fills the catalogue.
_DECLARED_IN = (registry, meetings)
# Webhooks tell of what others publish; a call about a call would lead to the next one.
_NEVER_TOLD = get_args(DeliveryEvent)


def is_filter(text: str) -> bool:
    """Whether the text asks for something that may ever be told."""
    return text in _filters()


def asked_for(filters: Iterable[str], wire: str) -> bool:
    """Whether one of the filters names the event with this wire name."""
    return not _matching(wire).isdisjoint(filters)


def _matching(wire: str) -> frozenset[str]:
    noun, participle, _ = wire.split(".")
    return frozenset({EVERYTHING, f"{noun}.*", f"{noun}.{participle}", wire})


@cache
def _filters() -> frozenset[str]:
    names = {declared.name for declared in event_types() if declared.is_published}
    told = [one for one in map(newest, names) if one.cls not in _NEVER_TOLD]
    return frozenset[str]().union(*(_matching(one.wire) for one in told))
