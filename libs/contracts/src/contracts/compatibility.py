"""Which change of a schema would break somebody who reads or wrote the older form."""

from __future__ import annotations

from typing import Any

_LENGTHS = ("minLength", "maxLength", "minimum", "maximum")
# A field that is personal no longer would be published with what was sealed in older events.
_RULES = ("type", "format", "enum", "pattern", "x-personal", *_LENGTHS)


def breaks(old: dict[str, Any], new: dict[str, Any], at: str = "#") -> list[str]:
    """Name each incompatible change; an empty list means that the version may stay.

    Allowed within one version: new optional fields, and a changed description.
    """
    found = [
        f"{at}: {rule} changed from {old.get(rule)!r} to {new.get(rule)!r}"
        for rule in _RULES
        if old.get(rule) != new.get(rule)
    ]
    found += _changed_fields(old, new, at)
    if "items" in old and "items" in new:
        found += breaks(old["items"], new["items"], f"{at}/items")
    return found


def _changed_fields(old: dict[str, Any], new: dict[str, Any], at: str) -> list[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    found = [f"{at}/{name}: removed" for name in before if name not in after]
    must_before, must_after = set(old.get("required", ())), set(new.get("required", ()))
    found += [f"{at}/{name}: became required" for name in sorted(must_after - must_before)]
    found += [f"{at}/{name}: no longer required" for name in sorted(must_before - must_after)]
    for name in before.keys() & after.keys():
        found += breaks(before[name], after[name], f"{at}/{name}")
    return found
