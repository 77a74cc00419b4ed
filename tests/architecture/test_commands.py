"""Every command of a service has a test file of its own, named as the command is."""

import re

import pytest

from tests.architecture.project import ROOT

SERVICES = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir())
COMMAND = re.compile(r"(?m)^\w+Command = (\([^)]*\)|.*)$")


def commands(service: str) -> set[str]:
    """The names in the unions that the aggregates decide about."""
    modules = (ROOT / "services" / service / "src" / service / "domain").glob("*.py")
    unions = [found for path in modules for found in COMMAND.findall(path.read_text("utf-8"))]
    return {name for union in unions for name in re.findall(r"\w+", union)}


def file_of(command: str) -> str:
    return f"test_{re.sub(r'(?<!^)(?=[A-Z])', '_', command).lower()}.py"


@pytest.mark.parametrize("service", SERVICES)
def test_every_command_has_a_test_file(service: str) -> None:
    known = {path.name for path in (ROOT / "tests" / "unit" / service).glob("test_*.py")}
    named = commands(service)
    assert named
    assert sorted(name for name in named if file_of(name) not in known) == []
