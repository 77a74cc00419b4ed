"""The database's disk is full, on a small filesystem in memory; it needs the right to mount."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from tests.faults.case import Case, Run
from tests.faults.oracle.findings import BROKEN
from tests.faults.site import Site, Wish
from tests.faults.stage import Stage

MEGABYTE = 1024 * 1024
HEAL_SECONDS = 90.0


class FullDisk(Case):
    """A disk of its own under `folder` of the site: full for a while, and freed, some times."""

    shared: ClassVar[bool] = False
    seconds: ClassVar[float] = 120
    times: ClassVar[int] = 2
    # Below what it is, in words of the table; where it is mounted; how large it is.
    under: ClassVar[str]
    folder: ClassVar[str]
    megabytes: ClassVar[int]

    def run(self, run: Run) -> None:
        if (why := unmountable(run.folder)) is not None:
            run.injected("disk full: NOT RUN, mounting is not permitted", why=why)
            return
        with run.open(Wish(prepare=self.disk)) as stage:
            self.begin(stage.site)
            for _ in range(self.times):
                stage.site.sleep(run.chance.uniform(3, 8))
                run.injected(f"disk full under {self.under}")
                with full(stage.site.folder / self.folder / "ballast"):
                    self.meanwhile(run, stage)
                self.afterwards(run, stage)

    def begin(self, site: Site) -> None:
        """What is still to be done once everything runs."""

    def meanwhile(self, run: Run, stage: Stage) -> None:
        """While not a byte is free."""
        stage.site.sleep(run.chance.uniform(4, 15))

    def afterwards(self, run: Run, stage: Stage) -> None:
        """What ended is started again, as an operator's supervisor would."""
        stage.site.heal()
        ok = stage.load.counts.states["ok"]
        if not stage.site.until(lambda: stage.load.counts.states["ok"] > ok + 3, HEAL_SECONDS):
            what = f"no write succeeds {HEAL_SECONDS:.0f} s after space was made"
            run.found(BROKEN, self.id, what)

    @contextmanager
    def disk(self, site: Site) -> Iterator[None]:
        """A filesystem in memory."""
        place = site.folder / self.folder
        place.mkdir(parents=True)
        done = mount(place, self.megabytes)
        if done.returncode:
            raise OSError(done.stderr)
        try:
            yield
        finally:
            umount(place)


class DatabaseDiskFull(FullDisk):
    """Nothing is acknowledged that is not stored, and space that is made heals everything.

    That a full disk is told as 503, and not as 500, is seen in the load's ledger.
    """

    id: ClassVar[str] = "F18"
    title: ClassVar[str] = "the database's disk is full, three times"
    times: ClassVar[int] = 3
    under: ClassVar[str] = "the database"
    folder: ClassVar[str] = "postgres"
    # Enough for three databases and their log of changes, and soon full of ballast.
    megabytes: ClassVar[int] = 400


def unmountable(folder: Path) -> str | None:
    """Why no filesystem can be mounted here, or None."""
    place = folder / "mounted"
    place.mkdir(parents=True, exist_ok=True)
    done = mount(place, 1)
    if done.returncode:
        return done.stderr.strip()
    umount(place)
    return None


def mount(place: Path, megabytes: int) -> subprocess.CompletedProcess[str]:
    size = f"size={megabytes}m,mode=0700"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(place)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def umount(place: Path) -> None:
    subprocess.run(["umount", str(place)], check=True)


@contextmanager
def full(ballast: Path) -> Iterator[None]:
    """Not a byte is free during the block."""
    with ballast.open("wb") as file:
        try:
            while True:
                os.write(file.fileno(), bytes(MEGABYTE))
        except OSError:
            pass
    try:
        yield
    finally:
        ballast.unlink()
