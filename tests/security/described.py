"""Answers hold nothing that the document does not describe: a check beside schemathesis's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import schemathesis
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case

Json = Mapping[str, Any]


@schemathesis.check
def nothing_undescribed(_: object, response: Response, case: Case[Any]) -> None:
    """Every member of every object stands in the schema of its answer."""
    document = case.operation.schema.raw_schema
    operation = document["paths"][case.path].get(case.method.lower(), {})
    answer = resolved(operation.get("responses", {}).get(str(response.status_code), {}), document)
    described = answer.get("content", {}).get("application/json")
    if described is None or not response.content:
        return
    extra = list(undescribed(response.json(), described["schema"], document, "#"))
    assert extra == [], f"Not described: {', '.join(extra[:10])}"


def undescribed(value: Any, schema: Json, document: Json, at: str) -> Iterator[str]:
    """Where a value has members that its schema does not know."""
    shapes = list(_shapes(schema, document))
    match value:
        case dict() if not any(_is_open(one) for one in shapes):
            known = {name: part for one in shapes for name, part in _members(one)}
            for name, inner in value.items():
                if name in known:
                    yield from undescribed(inner, known[name], document, f"{at}/{name}")
                else:
                    yield f"{at}/{name}"
        case list():
            items = [one["items"] for one in shapes if "items" in one]
            for inner in value if items else ():
                yield from undescribed(inner, items[0], document, f"{at}/*")


def resolved(part: Json, document: Json) -> Json:
    """What a reference refers to, or the same."""
    if "$ref" not in part:
        return part
    found: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return resolved(found, document)


def _shapes(schema: Json, document: Json) -> Iterator[Json]:
    """A schema and all that it is made of."""
    schema = resolved(schema, document)
    combined = [one for name in ("allOf", "anyOf", "oneOf") for one in schema.get(name, ())]
    if combined:
        for one in combined:
            yield from _shapes(one, document)
    if not combined or "properties" in schema:
        yield schema


def _members(shape: Json) -> Iterator[tuple[str, Json]]:
    yield from shape.get("properties", {}).items()


def _is_open(shape: Json) -> bool:
    """Whether an object of any members is meant: a map, the data of an event."""
    is_null = shape.get("type") == "null"
    return not is_null and "properties" not in shape
