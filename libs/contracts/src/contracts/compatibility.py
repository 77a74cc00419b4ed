"""Which change of a schema would break somebody who reads or wrote the older form."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

# What may change, since nothing is read by it; every other keyword must stay as it is.
_WORDS = {"title", "description", "deprecated", "examples"}
_PARTS = {"properties", "required", "items", "default"}


def breaks(old: Schema, new: Schema, at: str = "#") -> list[str]:
    """Name each incompatible change; an empty list means that the version may stay.

    Allowed within one version: new optional fields, and other words about old ones.
    """
    rules = sorted((old.keys() | new.keys()) - _WORDS - _PARTS)
    # What was left out in older events must go on meaning the same.
    rules += ["default"] if "default" in old else []
    found = [
        f"{at}: {rule} changed from {old.get(rule)!r} to {new.get(rule)!r}"
        for rule in rules
        if old.get(rule) != new.get(rule)
    ]
    found += _changed_fields(old, new, at)
    if "items" in old or "items" in new:
        found += breaks(old.get("items", {}), new.get("items", {}), f"{at}/items")
    return found


def _changed_fields(old: Schema, new: Schema, at: str) -> list[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    found = [f"{at}/{name}: removed" for name in before if name not in after]
    must_before, must_after = set(old.get("required", ())), set(new.get("required", ()))
    found += [f"{at}/{name}: became required" for name in sorted(must_after - must_before)]
    found += [f"{at}/{name}: no longer required" for name in sorted(must_before - must_after)]
    for name in before.keys() & after.keys():
        found += breaks(before[name], after[name], f"{at}/{name}")
    return found
