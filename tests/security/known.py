"""What exists in an installation: ids and keys, by the name of the field that shows them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.e2e.api import Api, Json

ARGUMENT = re.compile(r"{(\w+)}")
# So many things of a kind are looked into for what they contain.
LOOKED_INTO = 8


def known_things(apis: list[Api]) -> dict[str, list[str]]:
    """Read every list, and every list inside of what those show."""
    documents = [(api, api.get("/openapi.json")["paths"]) for api in apis]
    names = {name for _, paths in documents for path in paths for name in ARGUMENT.findall(path)}
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for depth in range(2):
        for api, paths in documents:
            for address in _addresses(paths, found, depth):
                answer = api.send("GET", address)
                if not answer.is_success or answer.headers["Content-Type"] != "application/json":
                    continue
                for name, value in _named(answer.json(), names):
                    found[name][value] = None
    return {name: list(values) for name, values in found.items()}


def _addresses(paths: Json, found: dict[str, dict[str, None]], depth: int) -> Iterator[str]:
    for path, item in paths.items():
        arguments = ARGUMENT.findall(path)
        if len(arguments) != depth or "get" not in item:
            continue
        if not arguments:
            yield path
        for value in list(found[arguments[0]])[:LOOKED_INTO] if depth == 1 else ():
            yield path.replace(f"{{{arguments[0]}}}", value)


def _named(content: Any, names: set[str]) -> Iterator[tuple[str, str]]:
    match content:
        case dict():
            for name, inner in content.items():
                if isinstance(inner, str) and (name in names or name.endswith("_id")):
                    yield name, inner
                yield from _named(inner, names)
        case list():
            for inner in content:
                yield from _named(inner, names)
