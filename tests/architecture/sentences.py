"""Every sentence that the sources may say to a caller, read from their syntax trees."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import marshmallow
from marshmallow import fields, validate

from tests.architecture.refusals import FOLDERS, KIT, template, trees

# A sentence begins with a capital and ends with a full stop, or with what is put in there.
_SENTENCE = re.compile(r"(?:[A-Z]|\{…\}).* .*(?:\.|\{…\})", re.DOTALL)
_PLACE = re.compile(r"\{\w+\}")
_SPEAKING = {
    KIT: ("http/*.py", "erasure/*.py", "vault.py", "parking/actions.py"),
    "registry": ("domain/*.py", "api/*.py", "directory/reading.py", "[ar]*.py"),
    "meetings": ("domain/*.py", "api/*.py", "[ar]*.py"),
    "notifications": ("domain/*.py", "api/*.py"),
}
# What is written for the description, for the command line, or for whoever reads a crash.
_SILENT = {
    "commands.py",
    "openapi.py",
    "events_described.py",
    "problem_kinds.py",
    "examples.py",
    "app.py",
}
# Pages for people of the network are German from the start.
_GERMAN = {"api/pages.py"}
_DESCRIBING = ("metadata", "description", "help")
# RFC 6749 has its descriptions in ASCII, for developers.
_FAILING = (
    "ValueError",
    "LookupError",
    "RuntimeError",
    "IncompletePolicy",
    "OAuthError",
    "_header",
)


def sentences(package: str) -> dict[str, str]:
    """Sentences with the place where each stands; `{…}` is what differs each time."""
    return {
        normal(text): f"{path.name}:{node.lineno}"
        for path, tree in _speaking(package)
        for node in _strings(tree)
        if (text := template(node)) and _SENTENCE.fullmatch(normal(text))
    }


def of_marshmallow() -> set[str]:
    """What marshmallow says of values that do not fit."""
    found: set[object] = set(marshmallow.Schema._default_error_messages.values())
    for kind in vars(fields).values():
        if isinstance(kind, type) and issubclass(kind, fields.Field):
            found |= set(kind.default_error_messages.values())
    for kind in vars(validate).values():
        if isinstance(kind, type) and issubclass(kind, validate.Validator):
            found |= {text for name, text in vars(kind).items() if "message" in name}
    return {normal(text) for text in found if isinstance(text, str)}


def normal(text: str) -> str:
    """Without the names of what differs."""
    return _PLACE.sub("{…}", text)


def _speaking(package: str) -> Iterator[tuple[Path, ast.Module]]:
    for path, tree in trees(package):
        inner = path.relative_to(FOLDERS[package])
        is_silent = path.name in _SILENT or str(inner) in _GERMAN
        if not is_silent and any(inner.match(one) for one in _SPEAKING[package]):
            yield path, tree


def _strings(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """The strings of a tree, without docstrings, descriptions, and words for developers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr) or _is_text(child):
            yield child  # type: ignore[misc]  # the second case is a Constant
        elif not _is_aside(child):
            yield from _strings(_without_descriptions(child))


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_aside(node: ast.AST) -> bool:
    """A docstring, a description, or what a developer reads."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.keyword):
        return node.arg in _DESCRIBING
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") in _FAILING


def _without_descriptions(node: ast.AST) -> ast.AST:
    if not isinstance(node, ast.Dict):
        return node
    kept = [
        value
        for key, value in zip(node.keys, node.values, strict=True)
        if not (isinstance(key, ast.Constant) and key.value in _DESCRIBING)
    ]
    return ast.Dict(keys=[None] * len(kept), values=kept)
