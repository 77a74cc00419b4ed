"""The database and the broker go away and come back."""

from __future__ import annotations

import shutil
import signal
import time
from typing import ClassVar

import httpx

from local.settings import SERVICES
from tests.faults.case import Case, Run
from tests.faults.cases.flows import catches_up
from tests.faults.cases.processes import parts
from tests.faults.load import Bearer
from tests.faults.oracle.findings import BROKEN

POSTGRES, BROKER = "postgres", "kafka"
# Somebody else may need the processor at the same time.
ANSWER_SECONDS = 6.0


class DatabaseStops(Case):
    """At once and without a goodbye, in mid-transaction; several times in a row."""

    id: ClassVar[str] = "F16"
    title: ClassVar[str] = "immediate stops of the database"
    weight: ClassVar[int] = 2
    seconds: ClassVar[float] = 15

    def run(self, run: Run) -> None:
        server = run.site.servers[POSTGRES]
        for _ in range(run.chance.choice([1, 1, 2, 3])):
            kill = run.chance.random() < 0.25
            run.injected("database SIGKILL" if kill else "database immediate stop")
            server.end(signal.SIGKILL if kill else signal.SIGQUIT)
            if run.chance.random() < 0.5:
                refuses(run)
            run.site.sleep(run.chance.uniform(0, 3))
            server.start()
            run.site.sleep(run.chance.uniform(1, 5))


def refuses(run: Run) -> None:
    """Without a database a request is told soon to come later."""
    began = time.monotonic()
    url = f"{run.site.url('meetings')}/v1/meetings"
    try:
        answer = httpx.get(url, auth=Bearer(run.site.signer, "organiser"), timeout=30)
    except httpx.TransportError:
        # The process may have been killed by another fault just before.
        return
    seconds = time.monotonic() - began
    if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or "Retry-After" not in answer.headers:
        run.found(BROKEN, "F16", f"{answer.status_code} without a database: {answer.text[:200]}")
    elif seconds > ANSWER_SECONDS:
        run.found(BROKEN, "F16", f"503 without a database came after {seconds:.1f} s")


class BrokerAway(Case):
    """Writes go on meanwhile, and catch up by themselves."""

    id: ClassVar[str] = "F7"
    title: ClassVar[str] = "the broker is stopped for a while"
    seconds: ClassVar[float] = 40

    def run(self, run: Run) -> None:
        calm_down(run)
        run.injected("broker stop")
        run.site.servers[BROKER].end()
        before, unclear = acknowledged(run), unanswered(run)
        run.site.sleep(run.chance.uniform(5, max(10.0, run.seconds)))
        if acknowledged(run) == before:
            run.found(BROKEN, "F7", "nothing was acknowledged while the broker was away")
        if more := unanswered(run) - unclear:
            run.found(BROKEN, "F7", f"{more} requests had no clear answer without a broker")
        run.site.servers[BROKER].start()
        for service in SERVICES:
            catches_up(run, service, "F7")


def calm_down(run: Run) -> None:
    """What an outage before this has left to do is no part of this one."""
    for _ in range(20):
        before = unanswered(run)
        run.site.sleep(3)
        if unanswered(run) == before and all(part.ready() for part in parts(run)):
            return


def acknowledged(run: Run) -> int:
    assert run.stage is not None
    return run.stage.load.counts.states["ok"]


def unanswered(run: Run) -> int:
    assert run.stage is not None
    return run.stage.load.counts.unknown


class BrokerRestarts(Case):
    """Killed in the midst of produce and fetch."""

    id: ClassVar[str] = "F8"
    title: ClassVar[str] = "the broker is killed and started again"
    weight: ClassVar[int] = 2
    seconds: ClassVar[float] = 20

    def run(self, run: Run) -> None:
        kill = run.chance.random() < 0.6
        run.injected("broker SIGKILL" if kill else "broker restart")
        run.site.servers[BROKER].end(signal.SIGKILL if kill else None)
        run.site.sleep(run.chance.uniform(0, 3))
        run.site.servers[BROKER].start()
        run.site.sleep(run.chance.uniform(3, 10))


class BrokerWiped(Case):
    """Its whole data is gone: after `migrate` the topics are filled again from the stores."""

    id: ClassVar[str] = "F8-wipe"
    title: ClassVar[str] = "the broker loses its data directory"
    seconds: ClassVar[float] = 25

    def run(self, run: Run) -> None:
        run.injected("broker data directory wiped")
        run.site.servers[BROKER].end(signal.SIGKILL)
        shutil.rmtree(run.site.folder / BROKER)
        run.site.servers[BROKER].start()
        run.site.sleep(run.chance.uniform(0, 5))
        run.site.migrate()
        run.site.sleep(5)
