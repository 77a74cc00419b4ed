"""What each role of a service does. Clients of any kind are opened here, so after the fork."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import sleep
from typing import Any
from wsgiref.types import WSGIApplication

import structlog

from eventkit import metrics
from eventkit.database import driver, session
from eventkit.erasure.eraser import Eraser
from eventkit.generations import refuse_suspect
from eventkit.health import Readiness
from eventkit.http.app import create_app
from eventkit.kits import open_kit
from eventkit.leaving import Leaving
from eventkit.loops import Bell, Loop, Loops, after
from eventkit.needs import CONSUMER, RELAY, WORKER
from eventkit.recorded import Recorded
from eventkit.service import Service, Worker
from eventkit.settings import Settings
from eventkit.supervisor import Ready
from eventkit.transport import look_at_topic, open_consumers, open_relay
from eventkit.unit import Kit
from eventkit.upkeep import KIT_WORKERS
from eventkit.verifying.exports import tell_written
from eventkit.web import serve

_log = structlog.get_logger(component="roles")


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The roles of one service with its settings. `bell` wakes the relay from the api."""

    service: Service
    settings: Settings
    bell: Bell
    readiness: Readiness
    leaving: Leaving

    @property
    def workers(self) -> tuple[Worker, ...]:
        """The loops of the role `worker`: the kit's and the service's own."""
        return (*KIT_WORKERS, *self.service.workers)

    def api(self, listener: socket.socket, ready: Ready) -> None:
        kit = self._open(self.settings.web_threads, ready)
        try:
            serve(listener, self.settings.web_threads, lambda: self._app(kit), ready, self.leaving)
        finally:
            kit.close()

    def loops(self, role: str, ready: Ready) -> None:
        kit = self._open(4 + len(self.workers) + 2 * len(self.service.subscriptions), ready)
        try:
            loops = Loops(list(self._loops(role, kit)))
            ready()
            loops.run()
        finally:
            kit.close()

    def _app(self, kit: Kit) -> WSGIApplication:
        return create_app(self.service, kit)

    def _loops(self, role: str, kit: Kit) -> Iterator[Loop]:
        if role == RELAY:
            relay = open_relay(kit)
            yield Loop(
                "relay", after(partial(look_at_topic, kit), relay.step), relay.close, self.bell.wait
            )
        if role == CONSUMER:
            for consumer in open_consumers(kit, self.service):
                yield Loop(f"consumer-{consumer.name}", consumer.step, consumer.close)
        if role == WORKER:
            tell_written(kit)
            for worker in self.workers:
                step = partial(_work, worker, kit)
                yield Loop(worker.name, step, worker.close, every=worker.every)

    def _open(self, pool_size: int, ready: Ready) -> Kit:
        wait_until_ready(self.readiness, ready)
        if not self.settings.allow_newer_database:
            self.readiness.refuse_newer()
        kit = open_kit(self.service, self.settings, pool_size=pool_size)
        if kit.people is not None:
            # Before anything is answered or sent: a restored database knows who was erased.
            Eraser(kit).replay()
        metrics.counts_unavailable()
        kit.committed.append(self._note)
        return kit

    def _note(self, recorded: Sequence[Recorded[Any]]) -> None:
        self.bell.ring()
        for one in recorded:
            metrics.appended(self.service.name, one.type)


def _work(worker: Worker, kit: Kit) -> bool:
    """Nothing is sent that could not be noted, for it would be sent again and again."""
    with session(kit.engine) as connection:
        refuse_suspect(driver(connection))
    return worker.step(kit)


def wait_until_ready(readiness: Readiness, ready: Ready) -> None:
    """Return once databases answer and are migrated; until then one log line a try."""
    pause = 0.25
    while faults := readiness.faults():
        _log.warning("waiting", cause=" ".join(faults), seconds=pause)
        ready.waiting()
        sleep(pause)
        pause = min(5.0, pause * 2)
