"""What a case is, and what it is given.

A module in tests/faults/cases with a subclass of Case is all that a new case needs.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import ClassVar

from tests.faults import cases
from tests.faults.book import Book
from tests.faults.oracle.findings import Finding
from tests.faults.site import Site, Wish
from tests.faults.stage import Stage

KNOWN: dict[str, type[Case]] = {}
Open = Callable[[Wish], AbstractContextManager[Stage]]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of one case. All of its chance comes from `chance`, which the seed decides.

    `stage` is the site and load that shared cases work on; a case of its own opens one with
    `open(Wish(...))`, which is judged when its block ends, or does with `folder` what it likes.
    `seconds` is how long a case of its own should take.
    """

    chance: Random
    folder: Path
    book: Book
    seconds: float
    open: Open
    stage: Stage | None = None

    @property
    def site(self) -> Site:
        if self.stage is None:
            raise LookupError("this case has no shared site")
        return self.stage.site

    def injected(self, kind: str, **told: object) -> None:
        """Count a fault; `kind` is its row in the table."""
        self.book.injected(kind, **told)

    def found(self, kind: str, where: str, what: str) -> None:
        """Tell of something that is not as it must be; `kind` as in oracle/findings.py."""
        self.book.found([Finding(kind, where, what)])


class Case:
    """One kind of trouble. `shared` ones leave the site as they found it when `run` returns.

    `weight` says how often the mix draws it (0: only when it is named), `seconds` about how long
    it takes.
    """

    id: ClassVar[str]
    title: ClassVar[str]
    shared: ClassVar[bool] = True
    weight: ClassVar[int] = 1
    seconds: ClassVar[float] = 20

    def __init_subclass__(cls) -> None:
        if "id" in cls.__dict__:
            KNOWN[cls.id] = cls

    def run(self, run: Run) -> None:
        """Inject, wait, heal; say with `run.found` what the oracle can't see."""
        raise NotImplementedError


def known() -> dict[str, type[Case]]:
    """Every case by its id."""
    for module in modules():
        importlib.import_module(module)
    return dict(sorted(KNOWN.items()))


def modules() -> Iterator[str]:
    for found in pkgutil.iter_modules(cases.__path__):
        yield f"{cases.__name__}.{found.name}"
