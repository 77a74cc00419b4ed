"""What was promised with the last release, which only the next release changes.

`released.json` holds every form of every event as it was then. Golden files follow the
declarations at any time; they are compared with this file, which `make golden` never writes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from contracts.catalog import EventType
from contracts.compatibility import breaks

FILE = Path(__file__).resolve().parents[2] / "released.json"
Forms = Mapping[str, dict[str, Any]]


class Tampered(Exception):
    """The file is not as a release wrote it."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """The forms by the name of their golden file, and when what was deprecated ends."""

    on: date
    forms: Forms
    deprecated: Mapping[str, Mapping[str, str | None]]

    def refusals(self, forms: Forms, events: list[EventType]) -> list[str]:
        """What the present forms and events would break of this release."""
        gone = [
            f"{name}: the event is gone; events are never removed"
            for name in self.forms
            if name not in forms
        ]
        changed = [
            f"{name} {change}"
            for name, old in self.forms.items()
            for change in breaks(old, forms.get(name, old))
        ]
        hurried = [
            f"{one.wire}: a deprecation stays, and its end may only move away"
            for one in events
            if one.wire in self.deprecated and not self._keeps(one)
        ]
        return gone + changed + hurried

    def _keeps(self, declared: EventType) -> bool:
        promised, found = self.deprecated[declared.wire], declared.deprecated
        if found is None or str(found.since) != promised["since"]:
            return False
        end = promised["sunset"]
        return end is None or (found.sunset is not None and str(found.sunset) >= end)


def load() -> Release:
    """The last release; raises Tampered."""
    content = json.loads(FILE.read_text("utf-8"))
    digest = content.pop("sha256", None)
    if digest != _digest(content):
        raise Tampered(f"{FILE.name} was edited; it changes by `make release-events` alone.")
    return Release(
        on=date.fromisoformat(content["on"]),
        forms=content["forms"],
        deprecated=content["deprecated"],
    )


def save(on: date, forms: Forms, events: list[EventType]) -> None:
    """Make the present forms the promise."""
    deprecated = {
        one.wire: {
            "since": str(one.deprecated.since),
            "sunset": str(one.deprecated.sunset) if one.deprecated.sunset else None,
        }
        for one in events
        if one.deprecated
    }
    content: dict[str, Any] = {"on": str(on), "forms": forms, "deprecated": deprecated}
    text = json.dumps(
        content | {"sha256": _digest(content)}, ensure_ascii=False, sort_keys=True, indent=1
    )
    FILE.write_text(text + "\n", encoding="utf-8")


def _digest(content: Mapping[str, Any]) -> str:
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
