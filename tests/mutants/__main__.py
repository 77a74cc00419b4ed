"""`make mutants`: every mutant in a copy of the project, and whether its tests see it."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from xml.etree import ElementTree

import click

from tests.mutants.mutant import CodeMoved, Mutant
from tests.mutants.mutants import MUTANTS
from tests.servers import Search, find_kafka, find_postgres

ROOT = Path(__file__).parents[2]
COPIED = ("libs", "services", "tests", "deploy", "examples", "pyproject.toml")
SOURCES = "libs/contracts", "libs/eventkit", "services/registry", "services/notifications"
LIBRARIES = [f"{place}/src" for place in (*SOURCES, "services/meetings")]
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", ".mypy_cache", "node_modules")
NOT_COPIED = "import eventkit, sys; sys.exit(not eventkit.__file__.startswith(sys.argv[1]))"


@dataclass(frozen=True)
class Outcome:
    """How many cases of each test failed, by the name that the mutant's list has for it."""

    failed: dict[str, int]
    broken: str | None
    seconds: float

    @property
    def blind(self) -> list[str]:
        """The tests that saw nothing."""
        return [name for name, count in self.failed.items() if not count]


@contextmanager
def copied() -> Iterator[Path]:
    """The project's code in a folder of its own, for the block."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as made:
        tree = Path(made)
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, tree / name, ignore=LEFT_OUT)
            else:
                shutil.copy(ROOT / name, tree / name)
        yield tree


def environment(tree: Path, servers: dict[str, str]) -> dict[str, str]:
    paths = os.pathsep.join(str(tree / place) for place in LIBRARIES)
    environ = os.environ | servers | {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", NOT_COPIED, str(tree)], env=environ, check=True)
    return environ


def run(tree: Path, tests: Sequence[str], servers: dict[str, str]) -> Outcome:
    """Run tests of the copy; one that cannot start has seen nothing."""
    begun, report = monotonic(), tree / "report.xml"
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", "--timeout=120"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tree,
        env=environment(tree, servers),
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = monotonic() - begun
    failed = dict.fromkeys(tests, 0)
    if ended.returncode not in (0, 1):
        return Outcome(failed, f"{ended.stdout}{ended.stderr}"[-2000:], seconds)
    cases = list(ElementTree.parse(report).iter("testcase"))  # noqa: S314  (pytest just wrote it)
    red = [case for case in cases if case.find("failure") is not None]
    for case in red:
        failed[_name(case, tests)] += 1
    # A test that failed may have left something behind; another that ends so could not start.
    errors = {case.get("name") for case in cases if case.find("error") is not None}
    if stuck := errors - {case.get("name") for case in red}:
        return Outcome(failed, f"could not start: {', '.join(map(str, stuck))}", seconds)
    return Outcome(failed, None, seconds)


def _name(case: ElementTree.Element, tests: Sequence[str]) -> str:
    module, function = str(case.get("classname")), str(case.get("name")).partition("[")[0]
    for test in tests:
        file, _, name = test.partition("::")
        names = name.replace("::", ".")
        where = f"{file.removesuffix('.py').replace('/', '.')}.{names}".rstrip(".")
        if f"{module}.{function}" == where or (not name and module == where):
            return test
    raise LookupError(f"{module}.{function}")


def judge(mutant: Mutant, servers: dict[str, str]) -> bool:
    """Tell of one mutant in a line or more; whether it was seen."""
    with copied() as tree:
        try:
            for change in mutant.changes:
                change.make(tree)
        except CodeMoved as moved:
            click.echo(f"  MOVED     {mutant.name}\n            {moved}")
            return False
        outcome = run(tree, mutant.tests, servers)
    is_seen = outcome.broken is None and not outcome.blind
    click.echo(f"  {'seen' if is_seen else 'SURVIVED':9} {mutant.name} ({outcome.seconds:.0f} s)")
    for test, count in outcome.failed.items():
        click.echo(f"            {'by' if count else 'not by'} {test.rpartition('/')[2]}")
    if outcome.broken:
        click.echo(f"            {outcome.broken}")
    return is_seen


def whole(mutants: Sequence[Mutant], servers: dict[str, str]) -> bool:
    """Whether all the tests pass where nothing is broken."""
    tests = sorted({test for mutant in mutants for test in mutant.tests})
    with copied() as tree:
        outcome = run(tree, tests, servers)
    failed = [test for test, count in outcome.failed.items() if count]
    click.echo(
        f"  {'passes' if not failed else 'FAILS':9} the code as it is ({outcome.seconds:.0f} s)"
    )
    for fault in filter(None, [*failed, outcome.broken]):
        click.echo(f"            {fault}")
    return not failed and outcome.broken is None


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--only", default="", help="mutants whose name contains this")
    wanted = parser.parse_args().only
    mutants = [mutant for mutant in MUTANTS if wanted in mutant.name]
    begun = monotonic()
    with ExitStack() as ended, tempfile.TemporaryDirectory() as folder:
        ended_first = ended.enter_context(ExitStack())
        search = Search(folder=Path(folder), tell=click.echo, ended=ended_first)
        servers = {
            "TEST_DATABASE_URL": find_postgres(search).address,
            "TEST_KAFKA_BOOTSTRAP_SERVERS": find_kafka(search).address,
        }
        if not whole(mutants, servers):
            return 1
        seen = [judge(mutant, servers) for mutant in mutants]
    click.echo(f"{sum(seen)} of {len(seen)} mutants seen in {monotonic() - begun:.0f} s.")
    return 0 if mutants and all(seen) else 1


if __name__ == "__main__":
    sys.exit(main())
