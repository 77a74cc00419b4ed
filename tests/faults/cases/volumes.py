"""The broker's disk is full, and that of PostgreSQL's log; both need the right to mount."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import ClassVar

import psycopg

from local.settings import SERVICES
from tests.faults.case import Run
from tests.faults.cases.disks import FullDisk
from tests.faults.cases.flows import catches_up
from tests.faults.dump import connected
from tests.faults.oracle.findings import BROKEN
from tests.faults.site import Site
from tests.faults.stage import Stage

# A segment's space is taken when it begins, so a log with room in its present one is not yet full.
_NEXT_SEGMENT = "SELECT pg_switch_wal()"
SEGMENTS = 40


class BrokerDiskFull(FullDisk):
    """Writes go on as without a broker, and relays when there is space again."""

    id: ClassVar[str] = "F18-broker"
    title: ClassVar[str] = "the broker's disk is full, twice"
    weight: ClassVar[int] = 0
    under: ClassVar[str] = "the broker"
    folder: ClassVar[str] = "kafka"
    megabytes: ClassVar[int] = 100

    def meanwhile(self, run: Run, stage: Stage) -> None:
        ok = stage.load.counts.states["ok"]
        stage.site.sleep(run.chance.uniform(8, 15))
        if stage.load.counts.states["ok"] == ok:
            run.found(BROKEN, self.id, "no write succeeds while the broker's disk is full")

    def afterwards(self, run: Run, stage: Stage) -> None:
        stage.site.servers["kafka"].end()
        stage.site.heal()
        for service in SERVICES:
            catches_up(replace(run, stage=stage), service, self.id)


class WalDiskFull(FullDisk):
    """The database ends rather than acknowledge what it cannot keep, and starts when it can."""

    id: ClassVar[str] = "F18-wal"
    title: ClassVar[str] = "the disk of PostgreSQL's log is full, twice"
    weight: ClassVar[int] = 0
    under: ClassVar[str] = "the database's log"
    folder: ClassVar[str] = "wal"
    megabytes: ClassVar[int] = 400

    def begin(self, site: Site) -> None:
        """The log moves to its own disk while the database is down, as an operator would."""
        server, place = site.servers["postgres"], site.folder / "postgres" / "pg_wal"
        disk = site.folder / self.folder
        # Its own user looks for the log, and a mounted folder is the mounting user's.
        disk.chmod(0o755)
        server.end()
        subprocess.run(["cp", "-a", f"{place}/.", str(disk / "pg_wal")], check=True)
        place.rename(place.with_name("pg_wal.moved"))
        place.symlink_to(disk / "pg_wal")
        site.heal()

    def meanwhile(self, run: Run, stage: Stage) -> None:
        use_up(run, stage.site)
        stage.site.sleep(run.chance.uniform(3, 8))

    def afterwards(self, run: Run, stage: Stage) -> None:
        stage.site.servers["postgres"].end()
        super().afterwards(run, stage)


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
