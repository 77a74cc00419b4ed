"""Every refusal that the sources can raise, read from their syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eventkit.http.failures import STATUS
from tests.architecture.project import ROOT

_STATUS = {kind.__name__: status for kind, status in STATUS.items()}
KIT = "eventkit"
FOLDERS = {
    KIT: ROOT / "libs/eventkit/src/eventkit",
    "registry": ROOT / "services/registry/src/registry",
    "meetings": ROOT / "services/meetings/src/meetings",
    "notifications": ROOT / "services/notifications/src/notifications",
}


@dataclass(frozen=True)
class Raised:
    """A code with its status; `{…}` stands for what is only known when it is raised."""

    code: str
    status: int
    where: str


def raised(package: str) -> Iterator[Raised]:
    """The codes of a package."""
    for path, tree in trees(package):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (found := _code(node)):
                yield Raised(*found, f"{path.name}:{node.lineno}")


def trees(package: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(FOLDERS[package].rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def template(node: ast.expr) -> str | None:
    """The text of a string or f-string, with `{…}` where an f-string has an expression."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [template(part) or "{…}" for part in node.values]
        return "".join(parts)
    return None


def _code(call: ast.Call) -> tuple[str, int] | None:
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in _STATUS and call.args and (code := template(call.args[0])):
        return code, _STATUS[name]
    if name in ("HttpRefusal", "problem") and len(call.args) > 1:
        status, code = call.args[0], template(call.args[1])
        if isinstance(status, ast.Constant) and isinstance(status.value, int) and code:
            return code, status.value
    return None
