"""One module reads the environment; everything else gets settings handed over."""

import ast
from pathlib import Path

from tests.architecture.project import DISTRIBUTIONS

READERS = {"environ", "getenv", "environb"}
# console.py hands the environment over, settings.py reads it.
ALLOWED = {"settings.py", "console.py"}


def reads_environment(path: Path) -> bool:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    set_only = {
        node.value
        for node in nodes
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store)
    }
    return any(
        (isinstance(node, ast.Attribute) and node.attr in READERS and node not in set_only)
        or (isinstance(node, ast.ImportFrom) and READERS & {name.name for name in node.names})
        for node in nodes
    )


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        path.relative_to(folder)
        for folder in DISTRIBUTIONS.values()
        for path in (folder / "src").rglob("*.py")
        if path.name not in ALLOWED and reads_environment(path)
    }
    assert readers == set()
