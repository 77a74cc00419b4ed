"""Forty writers race three readers on one store, and the database is killed every minute."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from secrets import token_urlsafe
from typing import ClassVar

import psycopg

from local import postgres
from local.databases import Databases, create
from local.ports import free_port
from local.processes import StartFailed
from local.settings import CHECKOUT
from tests.faults.case import Case, Run
from tests.faults.dump import events, kept, rows
from tests.faults.history import Filed, History, Line, Writer
from tests.faults.ledger import lines, wishes
from tests.faults.oracle.findings import INVENTED, LOST, REORDERED, Finding, shortened
from tests.faults.oracle.judge import judge
from tests.faults.oracle.models import Rows, compare, folded_rows, live_rows, streams
from tests.faults.parts import Part, Server
from tests.integration.eventkit.http_sample import SERVICE
from tests.integration.eventkit.sample import TITLES
from tests.integration.eventkit.serving import environment
from tests.integration.eventkit.serving import run as command

WRITERS, READERS = 4, ("tail", "relay", "feed")
KILLED_EVERY_SECONDS = 60.0
# Lost races are what this is about.
QUIET = {**postgres.SMALL, "log_min_messages": "fatal"}
NAME, WHERE = SERVICE.name, "tail"


class RacingWriters(Case):
    """Only a store: its tailing reader, its relay and its feed must each see every event."""

    id: ClassVar[str] = "F1"
    title: ClassVar[str] = "40 writers race three readers, the database is killed every minute"
    shared: ClassVar[bool] = False
    seconds: ClassVar[float] = 100

    def run(self, run: Run) -> None:
        with ExitStack() as ended:
            field = Field(run, ended)
            field.play()
            path = field.history()
        run.book.histories.append(path)
        for wish in wishes(Filed(path).rows("ledger")):
            run.book.operations[wish.state] += 1
        run.book.found(shortened(judged(Filed(path))))
        shutil.rmtree(run.folder / "postgres", ignore_errors=True)


class Field:
    """The database, writers and readers of one run."""

    def __init__(self, run: Run, ended: ExitStack) -> None:
        self._run = run
        self._folder = run.folder
        password, port = token_urlsafe(18), free_port()
        url = f"postgresql+psycopg://postgres:{password}@127.0.0.1:{port}/postgres"
        data, log = self._folder / "postgres", self._folder / "postgres.log"
        self._server = Server(
            name="postgres",
            begin=lambda: (
                postgres.start(data, port=port, password=password, log=log, options=QUIET).process
            ),
            gentle=signal.SIGINT,
        )
        self._server.start()
        ended.callback(self._server.end)
        self._databases = Databases.fresh(url, NAME)
        create(self._databases)
        self._environment = environment(self._databases)
        if command(self._environment, "migrate").returncode:
            raise StartFailed("The sample's databases could not be migrated.")
        self._writers = [self._part("writers", str(number)) for number in range(WRITERS)]
        self._readers = [self._part(name) for name in READERS]
        for part in (*self._writers, *self._readers):
            ended.callback(part.end)
            part.start()

    def play(self) -> None:
        """Let them run, with the database killed now and then; then let the readers finish."""
        chance, until = self._run.chance, time.monotonic() + self._run.seconds
        pause = min(KILLED_EVERY_SECONDS, self._run.seconds / 3)
        while time.monotonic() < until:
            time.sleep(max(0.0, min(pause, until - time.monotonic())))
            kill = chance.random() < 0.5
            self._run.injected("database SIGKILL" if kill else "database immediate stop")
            self._server.end(signal.SIGKILL if kill else signal.SIGQUIT)
            time.sleep(chance.uniform(0, 2))
            self._server.start()
        for part in self._writers:
            part.end()
        (self._folder / "over").touch()
        for part in self._readers:
            if part.process is None or part.process.wait(timeout=300):
                self._run.found(LOST, part.name, "ended with an error; its log says why")

    def history(self) -> Path:
        """Everything that was stored and seen."""
        made, path = self._databases, self._folder / "history.zip"
        url = made.url(made.name, made.owner, made.owner_password).replace("+psycopg", "")
        settings = self._environment
        keys = {"source": f"http://{settings['HTTP_BIND']}", "chain_key": settings["CHAIN_KEY"]}
        writer = Writer(path)
        with psycopg.connect(url, options="-c timezone=UTC") as connection:
            writer.write("meta", [{"services": {NAME: keys}}])
            writer.write("ledger", lines(self._folder))
            writer.write(f"events/{NAME}", events(connection))
            writer.write(f"rows/{NAME}/titles", rows(connection, TITLES))
        writer.write(f"topic/{NAME}", kept(self._folder / "topic.jsonl"))
        writer.write(f"feed/{NAME}", kept(self._folder / "feed.jsonl"))
        writer.write(WHERE, kept(self._folder / "tail.jsonl"))
        writer.close()
        for name in ("topic.jsonl", "feed.jsonl", "tail.jsonl"):
            (self._folder / name).unlink(missing_ok=True)
        return path

    def _part(self, what: str, number: str = "") -> Part:
        seed = f"{self._run.chance.getrandbits(32)}-{number}"
        return Part(
            name=f"{what}{number}",
            command=[sys.executable, "-m", "tests.faults.racing", what, str(self._folder), seed],
            environment=self._environment,
            log=self._folder / f"{what}{number}.log",
            cwd=CHECKOUT,
            ready=lambda: True,
        )


def judged(history: History) -> Iterator[Finding]:
    """What the oracle says of any service, and of the tail and the one read model."""
    yield from judge(history)
    yield from judge_tail(history.rows(WHERE), history.rows(f"events/{NAME}"))
    expected: Rows = {}
    for facts in streams(history, NAME, foreign=False):
        expected |= folded_rows(TITLES, facts)
    live = live_rows(TITLES, history.rows(f"rows/{NAME}/titles"))
    yield from compare(f"rows/{NAME}/titles", expected, live)


def judge_tail(seen: Iterator[Line], stored: Iterator[Line]) -> Iterator[Finding]:
    """Every event, in the order of positions."""
    present = {row["event_id"]: row["position"] for row in stored}
    last = 0
    for one in seen:
        if present.pop(one["id"], None) != one["position"]:
            yield Finding(INVENTED, WHERE, f"position {one['position']}, event {one['id']}")
        if one["position"] <= last:
            yield Finding(REORDERED, WHERE, f"position {one['position']} after {last}")
        last = one["position"]
    for identity, position in present.items():
        yield Finding(LOST, WHERE, f"position {position}, event {identity}")
