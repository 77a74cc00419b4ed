"""What counts as described, for the check that the fuzzing runs on every answer (S4)."""

from tests.security.described import undescribed

DOCUMENT = {
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Part"}},
                    "data": {"type": "object"},
                    "owner": {"anyOf": [{"$ref": "#/components/schemas/Part"}, {"type": "null"}]},
                },
            },
            "Part": {"type": "object", "properties": {"id": {"type": "string"}}},
        }
    }
}
THING = {"$ref": "#/components/schemas/Thing"}


def test_what_is_described_is_nothing_to_tell_of() -> None:
    thing = {"id": "1", "parts": [{"id": "2"}], "data": {"any": 1}, "owner": {"id": "3"}}
    assert list(undescribed(thing, THING, DOCUMENT, "#")) == []


def test_what_is_not_described_is_found_however_deep() -> None:
    thing = {"tenant": "x", "parts": [{"id": "2", "secret": 1}], "owner": {"email": None}}
    assert list(undescribed(thing, THING, DOCUMENT, "#")) == [
        "#/tenant",
        "#/parts/*/secret",
        "#/owner/email",
    ]
