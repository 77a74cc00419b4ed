"""The broker's disk is full, and that of PostgreSQL's log; both need the right to mount."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import psycopg

from local.settings import SERVICES
from tests.faults.case import Case, Run
from tests.faults.cases.disks import full, heals, mount, umount, unmountable
from tests.faults.cases.flows import catches_up
from tests.faults.dump import connected
from tests.faults.oracle.findings import BROKEN
from tests.faults.site import Site, Wish
from tests.faults.stage import Stage

BROKER_MEGABYTES, WAL_MEGABYTES = 100, 400
# A segment's space is taken when it begins, so a log with room in its present one is not yet full.
_NEXT_SEGMENT = "SELECT pg_switch_wal()"
SEGMENTS = 40
NOT_RUN = "disk full: NOT RUN, mounting is not permitted"


class BrokerDiskFull(Case):
    """Writes go on as without a broker, and relays when there is space again."""

    id: ClassVar[str] = "F18-broker"
    title: ClassVar[str] = "the broker's disk is full, twice"
    shared: ClassVar[bool] = False
    weight: ClassVar[int] = 0
    seconds: ClassVar[float] = 120
    times: ClassVar[int] = 2

    def run(self, run: Run) -> None:
        if (why := unmountable(run.folder)) is not None:
            run.injected(NOT_RUN, why=why)
            return
        with run.open(Wish(prepare=broker_disk)) as stage:
            on_stage = replace(run, stage=stage)
            for _ in range(self.times):
                stage.site.sleep(run.chance.uniform(3, 8))
                run.injected("disk full under the broker")
                with full(stage.site.folder / "kafka" / "ballast"):
                    goes_on_without(on_stage, stage)
                stage.site.servers["kafka"].end()
                stage.site.heal()
                for service in SERVICES:
                    catches_up(on_stage, service, self.id)


def goes_on_without(run: Run, stage: Stage) -> None:
    ok = stage.load.counts.states["ok"]
    stage.site.sleep(run.chance.uniform(8, 15))
    if stage.load.counts.states["ok"] == ok:
        run.found(BROKEN, "F18-broker", "no write succeeds while the broker's disk is full")


class WalDiskFull(Case):
    """The database ends rather than acknowledge what it cannot keep, and starts when it can."""

    id: ClassVar[str] = "F18-wal"
    title: ClassVar[str] = "the disk of PostgreSQL's log is full, twice"
    shared: ClassVar[bool] = False
    weight: ClassVar[int] = 0
    seconds: ClassVar[float] = 120
    times: ClassVar[int] = 2

    def run(self, run: Run) -> None:
        if (why := unmountable(run.folder)) is not None:
            run.injected(NOT_RUN, why=why)
            return
        with run.open(Wish(prepare=wal_disk)) as stage:
            move_wal(stage.site)
            for _ in range(self.times):
                stage.site.sleep(run.chance.uniform(3, 8))
                run.injected("disk full under the database's log")
                with full(stage.site.folder / "wal" / "ballast"):
                    use_up(run, stage.site)
                    stage.site.sleep(run.chance.uniform(3, 8))
                stage.site.servers["postgres"].end()
                heals(run, stage)


def use_up(run: Run, site: Site) -> None:
    """Begin segments until there is no room for one; what a database says then is that it ends."""
    try:
        with connected(site, "registry") as connection:
            connection.autocommit = True
            for _ in range(SEGMENTS):
                connection.execute(_NEXT_SEGMENT)
                connection.execute("CREATE TEMP TABLE used AS SELECT 1")
                connection.execute("DROP TABLE used")
    except psycopg.OperationalError:
        return
    run.found(BROKEN, "F18-wal", "the log's disk was never full, so nothing was tried")


def move_wal(site: Site) -> None:
    """The log moves to its own disk while the database is down, as an operator would."""
    server, place = site.servers["postgres"], site.folder / "postgres" / "pg_wal"
    server.end()
    subprocess.run(["cp", "-a", f"{place}/.", str(site.folder / "wal" / "pg_wal")], check=True)
    place.rename(place.with_name("pg_wal.moved"))
    place.symlink_to(site.folder / "wal" / "pg_wal")
    site.heal()


@contextmanager
def broker_disk(site: Site) -> Iterator[None]:
    with disk(site.folder / "kafka", BROKER_MEGABYTES):
        yield


@contextmanager
def wal_disk(site: Site) -> Iterator[None]:
    with disk(site.folder / "wal", WAL_MEGABYTES):
        (site.folder / "wal").chmod(0o755)
        yield


@contextmanager
def disk(place: Path, megabytes: int) -> Iterator[None]:
    """A filesystem of its own in memory."""
    place.mkdir(parents=True)
    done = mount(place, megabytes)
    if done.returncode:
        raise OSError(done.stderr)
    try:
        yield
    finally:
        umount(place)
