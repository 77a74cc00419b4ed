"""The ways to the servers are slow, torn or silent; a proxy stands in each of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import ClassVar

import httpx

from local.settings import SERVICES
from tests.faults.case import Case, Run
from tests.faults.namespace import NotPermitted, dropped, own_network
from tests.faults.oracle.findings import BROKEN
from tests.faults.proxy import DOWN, FINE, UP, Proxy, Weather, proxied
from tests.faults.site import Site, Wish
from tests.faults.stage import Stage

POSTGRES, KAFKA, SMTP, WEBHOOKS = "postgres", "kafka", "smtp", "webhooks"
# So soon everything must be ready again (A16), with a machine that has other things to do.
READY_SECONDS = 30.0
# Longer than callers wait for an answer, and than a statement may take.
TOO_LATE_SECONDS = (13.0, 25.0)


@dataclass
class Ways:
    """The proxies of a site, made when it is prepared."""

    chance: Random
    names: tuple[str, ...]
    proxies: dict[str, Proxy] = field(default_factory=dict)

    def wish(self) -> Wish:
        return Wish(fronts=self.names, prepare=self._open)

    def _open(self, site: Site) -> AbstractContextManager[object]:
        ports = {name: (site.front[name], site.back[name]) for name in self.names}
        return self._kept(ports)

    @contextmanager
    def _kept(self, ports: dict[str, tuple[int, int]]) -> Iterator[None]:
        with proxied(ports, self.chance) as self.proxies:
            yield

    @contextmanager
    def bad(self, name: str, weather: Weather) -> Iterator[None]:
        self.proxies[name].weather = weather
        try:
            yield
        finally:
            self.proxies[name].weather = FINE


class Network(Case):
    """Any way at any time, in any bad weather that there is."""

    id: ClassVar[str] = "F-net"
    title: ClassVar[str] = "latency, cuts, drips, black holes and resets before every server"
    shared: ClassVar[bool] = False
    seconds: ClassVar[float] = 120
    names: ClassVar[tuple[str, ...]] = (POSTGRES, KAFKA, SMTP, WEBHOOKS)

    def run(self, run: Run) -> None:
        ways = Ways(run.chance, self.names)
        with run.open(ways.wish()) as stage:
            stage.site.sleep(3)
            until = time.monotonic() + run.seconds
            while time.monotonic() < until:
                self.act(run, stage, ways)
                stage.site.sleep(run.chance.uniform(1, 4))

    def act(self, run: Run, stage: Stage, ways: Ways) -> None:
        name, kind = run.chance.choice(self.names), run.chance.choice(list(WEATHERS))
        run.injected(f"{name}: {kind}")
        with ways.bad(name, WEATHERS[kind](run.chance)):
            stage.site.sleep(run.chance.uniform(1, 8))


WEATHERS: dict[str, Callable[[Random], Weather]] = {
    "latency": lambda chance: Weather(latency=chance.uniform(0.05, 0.5), jitter=0.3),
    "cut": lambda chance: Weather(cut=chance.randint(20, 4000), streams=one_way(chance)),
    "drip": lambda chance: Weather(drip=chance.randint(5, 500), streams=one_way(chance)),
    "black hole": lambda chance: Weather(
        blackhole=True, streams=chance.choice([one_way(chance), FINE.streams])
    ),
    "reset": lambda _: Weather(reset=True),
}


def one_way(chance: Random) -> frozenset[str]:
    return frozenset({chance.choice([UP, DOWN])})


class DatabaseSilent(Network):
    """Nobody hangs for ever, operators are answered, and all is well soon after."""

    id: ClassVar[str] = "F17"
    title: ClassVar[str] = "the database falls silent, without a word"
    seconds: ClassVar[float] = 100
    names: ClassVar[tuple[str, ...]] = (POSTGRES,)

    def act(self, run: Run, stage: Stage, ways: Ways) -> None:
        run.injected("database black hole")
        with ways.bad(POSTGRES, Weather(blackhole=True)):
            stage.site.sleep(run.chance.uniform(8, 40))
            for service in SERVICES:
                answers_operators(run, stage.site, service)
        comes_back(run, stage.site)


class DatabasePacketsDropped(Case):
    """As when a firewall forgets a connection: not even TCP hears anything."""

    id: ClassVar[str] = "F17-drop"
    title: ClassVar[str] = "packets to the database are dropped"
    shared: ClassVar[bool] = False
    seconds: ClassVar[float] = 100

    def run(self, run: Run) -> None:
        with ExitStack() as ended:
            try:
                ended.enter_context(own_network())
            except NotPermitted as why:
                run.injected("database packets dropped: NOT RUN", why=str(why))
                return
            stage = ended.enter_context(run.open(Wish()))
            until = time.monotonic() + run.seconds
            while time.monotonic() < until:
                stage.site.sleep(run.chance.uniform(2, 5))
                run.injected("database packets dropped")
                with dropped(stage.site.back[POSTGRES]):
                    stage.site.sleep(run.chance.uniform(8, 40))
                    for service in SERVICES:
                        answers_operators(run, stage.site, service)
                comes_back(run, stage.site)


def answers_operators(run: Run, site: Site, service: str) -> None:
    """Alive, and honest about the database."""
    live, ready = asked(site, service, "/livez"), asked(site, service, "/readyz")
    if live != httpx.codes.OK:
        run.found(BROKEN, "F17", f"{service} says {live} at /livez while the database is silent")
    if ready == httpx.codes.OK:
        run.found(BROKEN, "F17", f"{service} says that it is ready without a database")


def asked(site: Site, service: str, path: str) -> int | str:
    try:
        url = f"http://127.0.0.1:{site.settings.operator(service)}{path}"
        return httpx.get(url, timeout=15, trust_env=False).status_code
    except httpx.TransportError as error:
        return type(error).__name__


def comes_back(run: Run, site: Site) -> None:
    began = time.monotonic()
    parts = list(site.parts.values())
    if not site.until(lambda: all(part.ready() for part in parts), READY_SECONDS):
        late = [part.name for part in parts if not part.ready()]
        run.found(BROKEN, "F17", f"not ready {READY_SECONDS:.0f} s after: {', '.join(late)}")
    run.book.kept("ready again", seconds=round(time.monotonic() - began, 1))


class AnswersTooLate(Network):
    """Who gives up and asks again with the same key finds one event (A21)."""

    id: ClassVar[str] = "F23"
    title: ClassVar[str] = "the database answers later than callers wait"
    seconds: ClassVar[float] = 100
    names: ClassVar[tuple[str, ...]] = (POSTGRES,)

    def act(self, run: Run, stage: Stage, ways: Ways) -> None:
        run.injected("database answers after the callers' patience")
        late = Weather(latency=run.chance.uniform(*TOO_LATE_SECONDS), streams=frozenset({DOWN}))
        with ways.bad(POSTGRES, late):
            stage.site.sleep(run.chance.uniform(4, 15))
        stage.site.sleep(5)


class AcksSwallowed(Network):
    """The broker has it, and the relay never hears so; at times it dies of it as well."""

    id: ClassVar[str] = "F5"
    title: ClassVar[str] = "the broker's acks are swallowed, and the relay killed"
    seconds: ClassVar[float] = 90
    names: ClassVar[tuple[str, ...]] = (KAFKA,)

    def act(self, run: Run, stage: Stage, ways: Ways) -> None:
        run.injected("broker's acks swallowed")
        with ways.bad(KAFKA, Weather(blackhole=True, streams=frozenset({DOWN}))):
            stage.site.sleep(run.chance.uniform(1, 12))
            if run.chance.random() < 0.5:
                run.injected("relay killed while it waits for acks")
                stage.site.parts[f"{run.chance.choice(SERVICES)}-relay"].kill()
        with ways.bad(KAFKA, Weather(reset=True)):
            stage.site.sleep(0.2)
