"""Older versions of events, lifted one version at a time; a function here is never edited."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contracts.catalog import EventType

Data = dict[str, Any]


def invitations_opened_v2(data: Data) -> Data:
    """Version 1 invited exactly one cohort; version 2 invites several target groups."""
    kept = {name: value for name, value in data.items() if name != "cohort_id"}
    return kept | {"audience": [{"kind": "cohort", "id": data["cohort_id"]}]}


UPCASTS: dict[tuple[str, int], Callable[[Data], Data]] = {
    ("invitations.opened", 1): invitations_opened_v2,
}


def upcast(declared: EventType, target: EventType, data: Data) -> Data:
    """Lift data from its version to the target's; raises KeyError where a step is missing."""
    for version in range(declared.version, target.version):
        data = UPCASTS[declared.name, version](data)
    return data
