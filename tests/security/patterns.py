"""Every regular expression that the services use: compiled, written in place, or published."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from types import ModuleType
from typing import Any

from marshmallow import validate

import contracts
import eventkit
import meetings
import notifications
import registry
from tests.architecture.refusals import FOLDERS, template, trees
from tests.described import SERVICES, document_of

Use = tuple[re.Pattern[Any], bool]
PACKAGES = (contracts, eventkit, meetings, notifications, registry)
_SEARCHING = {"search", "sub", "split", "findall", "finditer"}
_FUNCTIONS = {"compile", "fullmatch", "match", "search", "sub", "split", "findall"}


def patterns() -> Mapping[str, Use]:
    """Each pattern once, by the place of a use, and whether texts are searched with it."""
    found: dict[tuple[Any, int], list[str]] = {}
    for place, pattern in (*_of_modules(), *_written(), *_published(), *_of_marshmallow()):
        found.setdefault((pattern.pattern, pattern.flags), []).append(place)
    names = _searched()
    return {
        f"{places[0]}: {text!r:.60}": (
            re.compile(text, flags),
            any(place.rpartition(".")[2] in names or "openapi" in place for place in places),
        )
        for (text, flags), places in found.items()
    }


def _searched() -> set[str]:
    """Names of compiled patterns that look for a match anywhere in a text."""
    return {
        ast.unparse(node.func.value).rpartition(".")[2]
        for package in FOLDERS
        for _, tree in trees(package)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _SEARCHING
    }


def seeds(pattern: re.Pattern[Any]) -> list[str]:
    """Pieces to repeat: what the pattern itself speaks of, and what often goes wrong."""
    text = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    letters = sorted(set(re.findall(r"[^\\\[\](){}?*+|^$]", text)))[:40]
    pairs = [first + second for first, second in pairwise(letters)]
    usual = ["a", "0", " ", ".", "-", "/", '"', "\\", ",", "=", "\n", "\x00", "ä", "a.", "a-", " ,"]
    return [*usual, *letters, *pairs, "a@", '"a",', "a=b&", "%41", "https://", "((((", "a\\"]


def _of_modules() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """What stands compiled in a module, also within its tables and classes."""
    for module in _modules():
        for name, value in vars(module).items():
            yield from _held(f"{module.__name__}.{name}", value, depth=0)


def _modules() -> Iterator[ModuleType]:
    for package in PACKAGES:
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in found.name and ".migrations" not in found.name:
                yield importlib.import_module(found.name)


def _held(place: str, value: object, depth: int) -> Iterator[tuple[str, re.Pattern[Any]]]:
    if isinstance(value, re.Pattern):
        yield place, value
    elif depth < 3 and isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _held(place, inner, depth + 1)
    elif depth == 0 and isinstance(value, type) and value.__module__.split(".")[0] in FOLDERS:
        for name, inner in vars(value).items():
            yield from _held(f"{place}.{name}", inner, depth + 1)


def _written() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """What stands in a call of `re`, without being compiled beforehand."""
    for package in FOLDERS:
        for path, tree in trees(package):
            for node in ast.walk(tree):
                if (text := _in_call(node)) is not None:
                    yield f"{path.name}:{getattr(node, 'lineno', 0)}", re.compile(text)


def _in_call(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return None
    is_ours = isinstance(node.func.value, ast.Name) and node.func.value.id == "re"
    if not is_ours or node.func.attr not in _FUNCTIONS or not node.args:
        return None
    text = template(node.args[0])
    return None if text is None or "{…}" in text else text


def _published() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """What callers are told to check with."""
    for service in SERVICES:
        yield from _in_document(service, document_of(service))


def _in_document(place: str, part: object) -> Iterator[tuple[str, re.Pattern[Any]]]:
    if isinstance(part, dict):
        if isinstance(text := part.get("pattern"), str):
            yield f"openapi of {place}", re.compile(text)
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _in_document(place, inner)


def _of_marshmallow() -> Iterator[tuple[str, re.Pattern[Any]]]:
    """What the library's validators of addresses hold."""
    for name, value in vars(validate.Email).items():
        if isinstance(value, re.Pattern):
            yield f"Email.{name}", value
    yield "URL", validate.URL._regex(relative=True, absolute=True, require_tld=True)
    yield "URL, absolute", validate.URL._regex(relative=False, absolute=True, require_tld=True)
