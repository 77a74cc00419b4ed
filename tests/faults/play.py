"""Play cases: the shared ones on one site under load, the others each on their own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from random import Random

import httpx
import psycopg

from local.processes import StartFailed
from tests.faults.book import Book
from tests.faults.case import Run
from tests.faults.oracle.findings import BROKEN
from tests.faults.progress import Progress
from tests.faults.schedule import Cases, Planned, again, alone, mix
from tests.faults.site import Wish
from tests.faults.stage import Play, Stage, staged

# What a case meets when a server or a service does not answer as it must.
IN_THE_WAY = (psycopg.Error, httpx.HTTPError, StartFailed, RuntimeError)
MIX, MIX_SECONDS = "mix", 600.0
# What the cases with a site of their own may take of a mix.
ALONE_SHARE = 0.35
# A load that nobody disturbs, before the first fault and after the last one.
QUIET_SECONDS = 3.0


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asks for: cases by name, and `mix`; `seconds` None is once each."""

    cases: Cases
    seed: str
    folder: Path
    seconds: float | None
    names: tuple[str, ...]


def play(wanted: Wanted, book: Book, progress: Progress) -> None:
    """Everything that is wanted, one stage after the other."""
    player, cases, seed = Player(wanted, book, progress), wanted.cases, wanted.seed
    named = [name for name in wanted.names if name != MIX]
    shared = [name for name in named if cases[name].shared]
    first = list(islice(again(shared, seed), len(shared)))
    if MIX in wanted.names:
        seconds = wanted.seconds or MIX_SECONDS
        fitting = alone(cases, seed, seconds * ALONE_SHARE)
        named += fitting
        taken = sum(cases[name].seconds for name in fitting)
        player.shared(first, mix(cases, seed), seconds - taken)
    elif shared and wanted.seconds is None:
        player.shared(first, (), 0)
    elif shared:
        player.shared((), again(shared, seed), wanted.seconds or 0)
    for name in named:
        if not cases[name].shared:
            in_mix = MIX in wanted.names or wanted.seconds is None
            player.alone(name, cases[name].seconds if in_mix else wanted.seconds or 0)


class Player:
    """Opens stages with folders of their own below the run's."""

    def __init__(self, wanted: Wanted, book: Book, progress: Progress) -> None:
        self._wanted = wanted
        self._book = book
        self._progress = progress
        self._numbers = count(1)

    def shared(self, first: Sequence[Planned], planned: Iterable[Planned], seconds: float) -> None:
        """Cases under one load: all of `first`, then others until the time is over."""
        with self.open(Wish()) as stage:
            stage.site.sleep(QUIET_SECONDS)
            for one in first:
                self._run(one, stage)
            began = time.monotonic()
            for one in planned:
                if time.monotonic() - began >= seconds:
                    break
                stage.site.sleep(max(0.0, began + one.at - time.monotonic()))
                self._run(one, stage)
            stage.site.sleep(QUIET_SECONDS)

    def alone(self, name: str, seconds: float) -> None:
        """A case that opens what it needs."""
        folder = self._folder(name)
        self._progress.tell(f"{name} {self._wanted.cases[name].title}")
        self._book.kept("case", case=name)
        self._wanted.cases[name]().run(
            Run(
                chance=Random(f"{self._wanted.seed}/{name}"),
                folder=folder,
                book=self._book,
                seconds=seconds,
                open=self.open,
            )
        )

    @contextmanager
    def open(self, wish: Wish) -> Iterator[Stage]:
        folder = self._folder("site")
        book = replace(self._book, folder=folder)
        play = Play(
            seed=self._wanted.seed,
            book=book,
            tick=self._progress.tick,
            tell=self._progress.tell,
        )
        with staged(folder, wish, play) as stage:
            yield stage

    def _run(self, one: Planned, stage: Stage) -> None:
        case = self._wanted.cases[one.case]
        self._progress.tell(f"{one.case} {case.title}")
        stage.book.kept("case", case=one.case, seed=one.seed)
        run = Run(
            chance=Random(one.seed),
            folder=stage.folder,
            book=stage.book,
            seconds=case.seconds,
            open=self.open,
            stage=stage,
        )
        try:
            case().run(run)
        except IN_THE_WAY as error:
            # The others still have something to say.
            run.found(BROKEN, one.case, f"was broken off: {type(error).__name__}: {error}"[:500])
        stage.site.heal()

    def _folder(self, name: str) -> Path:
        folder = self._wanted.folder / f"{next(self._numbers)}-{name}"
        folder.mkdir(parents=True)
        return folder
