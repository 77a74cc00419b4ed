"""Read models are built anew while writers and readers go on."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, ClassVar

import psycopg
from psycopg import sql

from eventkit.readmodel import ReadModel
from local.settings import SERVICES
from tests.faults.case import Case, Run
from tests.faults.dump import connected
from tests.faults.oracle.findings import BROKEN, LOST
from tests.faults.site import SERVICE_OF, Site

KILLED, WHOLE = "rebuild killed in the middle, and resumed", "rebuild under load"
CRASH = {"ALLOW_CRASH_POINTS": "1", "CRASH_AT": "rebuild.page"}
TOLD = {"LOG_LEVEL": "INFO"}
# So many of each service are killed in a run; each takes a few seconds.
SOME = 1
Keys = set[tuple[Any, ...]]


class Rebuilds(Case):
    """Some read models killed and resumed, then all of them at a stretch; readers look on."""

    id: ClassVar[str] = "F25"
    title: ClassVar[str] = "rebuilds under load, also killed and resumed"
    seconds: ClassVar[float] = 35

    def run(self, run: Run) -> None:
        reader = Reader(run.site)
        with ThreadPoolExecutor(len(SERVICES)) as threads:
            ends = []
            for service in SERVICES:
                drawn = run.chance.sample(models(service), min(SOME, len(models(service))))
                ends.append(threads.submit(rebuilt, run.site, service, drawn))
                run.injected(WHOLE, service=service)
                for model in drawn:
                    run.injected(KILLED, model=f"{service}/{model.name}")
            run.site.until(lambda: reader.look() or all(end.done() for end in ends), seconds=600)
        told(run, ends)
        for name, count in reader.blinked.items():
            run.found(LOST, "F25", f"{name}: {count} rows were gone for a moment")
        reader.close()


def told(run: Run, ends: Sequence[Future[list[str]]]) -> None:
    for service, end in zip(SERVICES, ends, strict=True):
        for what in end.result():
            run.found(BROKEN, "F25", f"{service}: {what}")


def models(service: str) -> list[ReadModel]:
    followed = SERVICE_OF[service].subscriptions
    return [
        *SERVICE_OF[service].read_models,
        *(model for one in followed for model in one.read_models),
    ]


def rebuilt(site: Site, service: str, drawn: Sequence[ReadModel]) -> list[str]:
    """What did not go as it must, with some that are killed and then with all."""
    wrong = []
    for model in drawn:
        if site.command(service, "rebuild", model.name, **CRASH).returncode != -signal.SIGKILL:
            wrong.append(f"the rebuild of {model.name} was not killed")
            continue
        ended = site.command(service, "rebuild", model.name, **TOLD)
        said = ended.stdout + ended.stderr
        if ended.returncode:
            wrong.append(f"the second rebuild of {model.name}: {said[-300:]}")
        elif "resumed" not in said:
            wrong.append(f"the second rebuild of {model.name} began at the start")
    ended = site.command(service, "rebuild")
    if ended.returncode:
        wrong.append(f"the rebuild: {(ended.stdout + ended.stderr)[-300:]}")
    return wrong


@dataclass
class Reader:
    """Looks at the live tables again and again: a row that goes and comes back was missing.

    No operation of the load brings a row back under the key of one that went.
    """

    site: Site
    blinked: dict[str, int] = field(default_factory=dict)
    _seen: dict[str, Keys] = field(default_factory=dict)
    _gone: dict[str, Keys] = field(default_factory=dict)
    _open: dict[str, psycopg.Connection[Any]] = field(default_factory=dict)

    def look(self) -> bool:
        """Once at every table; False, for whoever waits meanwhile."""
        for service in SERVICES:
            for model in models(service):
                self._look(service, model)
        return False

    def close(self) -> None:
        for connection in self._open.values():
            connection.close()

    def _look(self, service: str, model: ReadModel) -> None:
        if service not in self._open:
            self._open[service] = connected(self.site, service)
            self._open[service].autocommit = True
        name = f"{service}/{model.name}"
        keys = sql.SQL(", ").join(sql.Identifier(one.name) for one in model.table.primary_key)
        query = sql.SQL("SELECT {} FROM {}").format(keys, sql.Identifier(model.table.name))
        now = set(self._open[service].execute(query).fetchall())
        gone = self._gone.setdefault(name, set())
        if back := gone & now:
            self.blinked[name] = self.blinked.get(name, 0) + len(back)
        gone |= self._seen.get(name, set()) - now
        gone -= now
        self._seen[name] = now
