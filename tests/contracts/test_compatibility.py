"""What may change within a version: optional fields may be added, nothing else."""

from typing import Any

import pytest

from contracts.compatibility import breaks

Schema = dict[str, Any]
TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
OLD: Schema = {
    "description": "Old.",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "title": TEXT,
        "kind": {"enum": ["a", "b"]},
        "zone": {"type": "string", "default": "Europe/Berlin"},
        "parts": {"type": "array", "items": {"properties": {"name": TEXT}, "required": ["name"]}},
    },
    "required": ["id", "title"],
}


def changed(**properties: Schema | None) -> Schema:
    """The old schema with other fields; None takes one away."""
    merged = OLD["properties"] | properties
    return OLD | {"properties": {name: one for name, one in merged.items() if one is not None}}


@pytest.mark.parametrize(
    "new",
    [
        OLD,
        OLD | {"description": "New."},
        changed(note={"type": ["string", "null"], "default": None}),
        changed(title=TEXT | {"description": "A title."}),
        OLD | {"deprecated": True, "examples": [{}]},
    ],
)
def test_this_may_change(new: Schema) -> None:
    assert breaks(OLD, new) == []


@pytest.mark.parametrize(
    ("new", "at"),
    [
        (changed(title=None), "#/title: removed"),
        (changed(id={"type": "integer", "format": "uuid"}), "#/id: type"),
        (changed(id={"type": "string"}), "#/id: format"),
        (changed(title={"type": ["string", "null"], "minLength": 1, "maxLength": 200}), "#/title"),
        (changed(title=TEXT | {"maxLength": 100}), "#/title: maxLength"),
        (changed(title=TEXT | {"maxLength": 300}), "#/title: maxLength"),
        (changed(kind={"enum": ["a", "b", "c"]}), "#/kind: enum"),
        (changed(kind={"enum": ["a"]}), "#/kind: enum"),
        (changed(title=TEXT | {"x-personal": True}), "#/title: x-personal"),
        (changed(zone={"type": "string", "default": "UTC"}), "#/zone: default"),
        (changed(zone={"type": "string"}), "#/zone: default"),
        (changed(title=TEXT | {"const": "x"}), "#/title: const"),
        (changed(parts={"type": "array"}), "#/parts/items"),
        (OLD | {"additionalProperties": False}, "#: additionalProperties"),
        (OLD | {"required": ["id"]}, "#/title: no longer required"),
        (OLD | {"required": ["id", "title", "kind"]}, "#/kind: became required"),
        (
            changed(parts={"type": "array", "items": {"properties": {}, "required": []}}),
            "#/parts/items/name: removed",
        ),
    ],
)
def test_this_needs_a_new_version(new: Schema, at: str) -> None:
    found = breaks(OLD, new)
    assert any(one.startswith(at) for one in found), found
