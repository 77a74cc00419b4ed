"""What a mutant is: a promise broken by a change of text, and the tests that must turn red."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KIT = "libs/eventkit/src/eventkit"


class CodeMoved(Exception):
    """The code that a mutant changes is no longer there."""


@dataclass(frozen=True)
class Change:
    """One text for another, in each file of the pattern that holds it; at least in one."""

    files: str
    old: str
    new: str

    def make(self, tree: Path) -> None:
        """Raises CodeMoved."""
        found = [path for path in tree.glob(self.files) if self.old in path.read_text("utf-8")]
        if not found:
            raise CodeMoved(f"no {self.files} has: {self.old}")
        for path in found:
            path.write_text(path.read_text("utf-8").replace(self.old, self.new), "utf-8")


@dataclass(frozen=True)
class Mutant:
    """What is broken, how, and every test that must see it."""

    name: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]
