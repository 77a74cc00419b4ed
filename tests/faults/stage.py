"""A site under load, judged at its end: what the mix plays on, and cases that open one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.settings import SERVICES
from tests.faults.book import Book
from tests.faults.dump import dump
from tests.faults.history import Filed, Line, Writer
from tests.faults.load import HEARD, Load
from tests.faults.opening import open_site
from tests.faults.oracle.findings import BROKEN, Finding, shortened
from tests.faults.oracle.judge import judge
from tests.faults.settle import settled
from tests.faults.site import Site, Wish

HISTORY = "history.zip"


@dataclass
class Stage:
    """A site and who writes to it; `endpoint` is the load's webhook."""

    site: Site
    load: Load
    book: Book
    endpoint: str

    @property
    def folder(self) -> Path:
        return self.site.folder


@dataclass(frozen=True, kw_only=True)
class Play:
    """How a stage is played: `tick` is called all the time, `tell` with what happens now."""

    seed: str
    book: Book
    tick: Callable[[Stage], None] = lambda _: None
    tell: Callable[[str], None] = lambda _: None
    writers: int = 4
    pace: float = 0.8


@contextmanager
def staged(folder: Path, wish: Wish, play: Play) -> Iterator[Stage]:
    """Everything runs and is written to in the block; at its end it comes to rest and is judged."""
    play.tell("starting")
    with open_site(folder, wish) as site:
        # In the very folder of the site, so that one folder holds all of a stage.
        load = Load(
            folder=folder,
            signer=site.signer,
            urls=site.url,
            seed=play.seed,
            writers=play.writers,
            pace=play.pace,
        )
        hook = f"http://127.0.0.1:{site.front['webhooks']}/main"
        stage = Stage(site, load, play.book, load.start(hook))
        site.tick = lambda: play.tick(stage)
        try:
            yield stage
        except BaseException:
            load.over.set()
            raise
        end(stage, play)
    clear(folder, keep=bool(play.book.findings))


def end(stage: Stage, play: Play) -> None:
    """Heal, let everybody finish, read everything, and judge it."""
    site = stage.site
    play.tell("healing")
    site.heal()
    stage.load.stop(site.sleep)
    play.book.operations += stage.load.counts.states
    play.tell("coming to rest")
    waiting = settled(site)
    play.book.found(Finding(BROKEN, "rest", one) for one in waiting)
    play.tell("reading everything")
    path = write_history(stage, play)
    play.tell("judging")
    play.book.found(shortened(judge(Filed(path))))
    play.book.found(verified(site))
    play.book.histories.append(path)


def verified(site: Site) -> Iterator[Finding]:
    """What the services' own check says, which knows signed heads and what stands in no event."""
    for service in SERVICES:
        heads = site.folder / f"{service}.heads"
        more = ("--heads", str(heads)) if heads.exists() and heads.stat().st_size else ()
        done = site.command(service, "verify", *more)
        if done.returncode:
            said = f"{done.stdout}{done.stderr}".strip()[-500:]
            yield Finding(BROKEN, "verify", f"{service}: {said}")


def write_history(stage: Stage, play: Play) -> Path:
    path = stage.folder / HISTORY
    writer = Writer(path)
    try:
        told: Line = {"seed": play.seed, "written": time.time()}
        told |= {"endpoint": stage.endpoint, "heard": list(HEARD)}
        dump(stage.site, stage.folder, told, writer)
    finally:
        writer.close()
    return path


def clear(folder: Path, *, keep: bool) -> None:
    """What the servers stored goes, unless somebody will want to look at it."""
    if not keep:
        for name in ("postgres", "kafka", "secrets"):
            shutil.rmtree(folder / name, ignore_errors=True)
