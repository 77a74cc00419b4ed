"""Whatever docs/reliability.md names as showing something exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.project import ROOT
from tests.faults.case import known

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
FOLDERS = dict(re.findall("`([A-Z])` is\\s+`(tests/[^`]+)`", PAGE))
REFERENCE = re.compile("`([^` ]+\\.py|…)(?:::(test_[a-z0-9_]+))?`")
CASE = re.compile(r"\bF[0-9]+(?:-[a-z0-9]+)?\b")
REQUIREMENTS = {f"A{number}" for number in range(1, 31) if number != 25}


def below(heading: str) -> list[str]:
    """The rows of the table below a heading, without its head."""
    lines = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0].splitlines()
    return [line for line in lines if line.startswith(("| A", "| F"))]


REQUIRED, ELSEWHERE = below("Requirements, one by one"), below("Shown elsewhere")


def places(row: str) -> list[tuple[Path, str]]:
    """Each file that a row names, with the test in it, if one is named.

    A file without a folder lies beside the one named before it; … is that one itself.
    """
    found: list[tuple[Path, str]] = []
    for name, test in REFERENCE.findall(row):
        folder, slash, rest = name.partition("/")
        if name == "…":
            path = found[-1][0]
        elif slash:
            path = ROOT / FOLDERS.get(folder, folder) / rest
        else:
            path = found[-1][0].with_name(name)
        found.append((path, test))
    return found


@cache
def functions_of(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def name_of(row: str) -> str:
    return row.split(":", maxsplit=1)[0].strip("| ")


@pytest.mark.parametrize("row", REQUIRED + ELSEWHERE, ids=name_of)
def test_what_is_named_as_showing_it_exists(row: str) -> None:
    named = places(row)
    gone = [str(path) for path, _ in named if not path.is_file()]
    assert gone == []
    assert [test for path, test in named if test and test not in functions_of(path)] == []


@pytest.mark.parametrize("row", REQUIRED, ids=name_of)
def test_a_requirement_names_cases_that_there_are_or_a_test(row: str) -> None:
    cases = set(CASE.findall(row))
    assert cases - known().keys() == set()
    assert cases or places(row)


def test_every_requirement_has_its_row() -> None:
    assert [name_of(row) for row in REQUIRED] == sorted(REQUIREMENTS, key=lambda one: int(one[1:]))
