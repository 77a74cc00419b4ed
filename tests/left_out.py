"""Tests that want more than a fresh machine has: left out where it is missing, and named so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
# Debian keeps servers where only root looks.
_PLACES = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


@dataclass(frozen=True, kw_only=True)
class Wanting:
    """Tests and the programs that they want; `way` says how they are run all the same."""

    tests: Path
    programs: Sequence[str]
    way: str

    def is_met(self) -> bool:
        return all(shutil.which(program, path=_PLACES) for program in self.programs)

    def __str__(self) -> str:
        found = sorted(path.stem for path in self.tests.glob("test_*.py"))
        modules = f" ({', '.join(found)})" if found else ""
        return f"not run: {self.tests.relative_to(_TESTS.parent)}{modules}, {self.way}"


_RULES = "which needs promtool and amtool: Debian's prometheus and prometheus-alertmanager"
WANTING = (
    Wanting(
        tests=_TESTS / "edge", programs=["nginx"], way="which needs nginx: Debian's nginx-light"
    ),
    Wanting(tests=_TESTS / "monitoring", programs=["promtool", "amtool"], way=_RULES),
    Wanting(tests=_TESTS / "e2e/test_watched.py", programs=["promtool"], way=_RULES),
)
# They take minutes and build images, so they are run by name alone.
COMPOSED = Wanting(
    tests=_TESTS / "compose", programs=[], way="which needs Docker: make test-compose"
)
LEFT_OUT = pytest.StashKey[list[Wanting]]()


def is_left_out(path: Path, config: pytest.Config, wanting: Iterable[Wanting] = WANTING) -> bool:
    """Whether the tests at a path are; those asked for by their own path never are."""
    asked = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    unmet = [COMPOSED, *(one for one in wanting if not one.is_met())]
    for one in unmet:
        if path == one.tests and not any(given.is_relative_to(path) for given in asked):
            # Others stand beside it on the way to a test that was asked for.
            if any(path.is_relative_to(given) for given in asked):
                config.stash.setdefault(LEFT_OUT, []).append(one)
            return True
    return False
