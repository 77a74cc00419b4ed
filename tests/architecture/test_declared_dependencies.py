"""What a distribution imports it declares itself, so that its image holds it."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture.project import DISTRIBUTIONS

# Flask stands for the libraries that it is made of and re-exports.
COMES_WITH = {"flask": {"werkzeug", "click", "jinja2", "markupsafe", "itsdangerous"}}
# Data that zoneinfo finds by itself.
USED_WITHOUT_IMPORT = {"tzdata"}
SERVED_BY_EVENTKIT = DISTRIBUTIONS["eventkit"]


def named(folder: Path) -> set[str]:
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    return {re.split(r"[\[<>=~! ;]", text)[0].lower() for text in project["dependencies"]}


def declared(folder: Path) -> set[str]:
    names = named(folder)
    return names.union(*(COMES_WITH.get(name, set()) for name in names))


def imported(folder: Path) -> set[str]:
    found: set[str] = set()
    for path in (folder / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.add((node.module or "").partition(".")[0])
    return found - set(sys.stdlib_module_names) - {folder.name}


def normalised(name: str) -> str:
    return name.lower().replace("_", "-")


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_declares_what_it_imports(name: str) -> None:
    folder = DISTRIBUTIONS[name]
    allowed = declared(folder)
    if "eventkit" in allowed:
        allowed |= declared(SERVED_BY_EVENTKIT)
    providers = packages_distributions()
    undeclared = {
        module
        for module in imported(folder)
        if not allowed & {normalised(name) for name in providers.get(module, [module])}
    }
    assert undeclared == set()


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_a_distribution_declares_nothing_that_it_does_not_import(name: str) -> None:
    folder = DISTRIBUTIONS[name]
    providers = packages_distributions()
    used = {
        normalised(provider)
        for module in imported(folder)
        for provider in providers.get(module, [module])
    }
    assert named(folder) - used - USED_WITHOUT_IMPORT == set()
