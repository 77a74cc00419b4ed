"""Processes are asked to end while they are at work."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any, ClassVar
from uuid import UUID

import httpx

from notifications.delivery.mails import OWNER_AWAY
from tests.faults.case import Case, Run
from tests.faults.cases.processes import parts
from tests.faults.cases.receivers import behave, called, calls
from tests.faults.dump import connected
from tests.faults.ledger import INFO, INVOKED, OK, Ledger
from tests.faults.load import Bearer
from tests.faults.operations import MEETINGS, NOTIFICATIONS, REGISTRY, times
from tests.faults.oracle.findings import BROKEN, LOST
from tests.faults.parts import Part
from tests.faults.receivers import LATE

END_SECONDS = 30.0
# Half a request is surely at work by then.
ACCEPTED_SECONDS, REST_SECONDS = 0.7, 0.5
AT_WORK = 3
# What nobody may still hold once it has ended in order.
HELD = {
    "relay": ("SELECT count(*) FROM relays WHERE held_until > now()",),
    "consumer": (
        "SELECT count(*) FROM consumers WHERE held_until > now()",
        "SELECT count(*) FROM claims",
    ),
}
# A delivery that was put off, as its recipient's address cannot be had, is nobody's.
_PUT_OFF = f"interval '{OWNER_AWAY.total_seconds():.0f} seconds'"
DELIVERIES = (f"SELECT count(*) FROM delivery_claims WHERE leased_until > now() + {_PUT_OFF}",)
CALLED_SECONDS = 20.0
# A request of each service, whose events have this name; there are none of the last one.
WHAT = {REGISTRY: "organisation.registered", MEETINGS: "meeting.planned"}
HOOK = "/main"
PATHS = {
    REGISTRY: "/v1/organisations",
    MEETINGS: "/v1/meetings",
    NOTIFICATIONS: "/v1/endpoints",
}


class Shutdown(Case):
    """SIGTERM for each process under load, once or twice."""

    id: ClassVar[str] = "F38"
    title: ClassVar[str] = "SIGTERM for each process, once and twice"
    weight: ClassVar[int] = 0
    seconds: ClassVar[float] = 70

    def run(self, run: Run) -> None:
        everybody = parts(run)
        run.chance.shuffle(everybody)
        for number, part in enumerate(everybody):
            # Every API both ways, every other process one of them.
            for twice in (False, True) if part.name.endswith("-api") else (number % 2 == 0,):
                run.site.until(part.ready, seconds=60)
                shut_down(run, part, twice=twice)
                part.start()
        run.site.until(lambda: all(part.ready() for part in everybody), seconds=120)


def shut_down(run: Run, part: Part, *, twice: bool) -> None:
    """End it, and look at what became of the work it had."""
    run.injected(f"SIGTERM{' twice' if twice else ''}", part=part.name)
    service, _, role = part.name.partition("-")
    with ThreadPoolExecutor(AT_WORK) as threads:
        asked = [begun(run, service, threads) for _ in range(AT_WORK * (role == "api"))]
        run.site.until(lambda: all(one.half.is_set() for one in asked), seconds=END_SECONDS)
        with at_work(run, part):
            run.site.sleep(ACCEPTED_SECONDS if asked else run.chance.uniform(0, 1))
            terminate(run, part, twice=twice)
        for one in asked:
            one.go_on.set()
        ends_in_time(run, part)
        for one in asked:
            one.judge(run, part.name)
    holds_nothing(run, service, role)


@contextmanager
def at_work(run: Run, part: Part) -> Iterator[None]:
    """Whoever calls webhooks has one under way."""
    if part.name == f"{NOTIFICATIONS}-worker":
        before = len(calls(run, HOOK))
        behave(run, **{HOOK: LATE})
        run.site.until(called(run, HOOK, before), CALLED_SECONDS)
    yield
    behave(run)


def terminate(run: Run, part: Part, *, twice: bool) -> None:
    assert part.process is not None
    part.wanted = False
    part.process.send_signal(signal.SIGTERM)
    run.site.sleep(REST_SECONDS)
    if twice and part.runs():
        part.process.send_signal(signal.SIGTERM)
        run.site.sleep(REST_SECONDS)


def ends_in_time(run: Run, part: Part) -> None:
    assert part.process is not None
    began = time.monotonic()
    if not run.site.until(lambda: not part.runs(), seconds=END_SECONDS):
        run.found(BROKEN, "F38", f"{part.name} runs 30 s after SIGTERM")
        part.kill()
    elif part.process.returncode:
        after = f"after {time.monotonic() - began:.1f} s"
        run.found(BROKEN, "F38", f"{part.name} ended with {part.process.returncode} {after}")


def holds_nothing(run: Run, service: str, role: str) -> None:
    """No lease and no claim outlives a process that ended in order."""
    is_sender = (service, role) == (NOTIFICATIONS, "worker")
    for query in DELIVERIES if is_sender else HELD.get(role, ()):
        with connected(run.site, service) as connection:
            row = connection.execute(query.encode()).fetchone()
        if row and row[0]:
            told = f"{service}-{role} ended in order, and still {query} is {row[0]}"
            run.found(BROKEN, "F38", told)


@dataclass
class Asked:
    """A request: `half` says that half of it is sent, `go_on` sends the other half."""

    key: UUID
    service: str
    ledger: Ledger
    half: Event
    go_on: Event
    answer: Future[httpx.Response]

    def judge(self, run: Run, name: str) -> None:
        """It was accepted, so it has an answer, and not one that says come again."""
        try:
            answer = self.answer.result()
        except httpx.TransportError as error:
            told = f"{type(error).__name__}: {error}"
            run.found(LOST, "F38", f"{name} ended without an answer to a request: {told}")
            self.ledger.keep(op=str(self.key), state=INFO, why=told)
        else:
            if answer.is_server_error:
                run.found(BROKEN, "F38", f"{name} answered {answer.status_code} while it ended")
            if answer.is_success:
                made = answer.json()["id"]
                self.ledger.keep(op=str(self.key), state=OK, status=answer.status_code, id=made)
        self.ledger.close()


def begun(run: Run, service: str, threads: ThreadPoolExecutor) -> Asked:
    key = UUID(int=run.chance.getrandbits(128), version=4)
    ledger = Ledger(run.folder / f"ledger-shutdown-{key}.jsonl")
    types = [WHAT[service]] if service in WHAT else []
    told = {"what": "shutdown", "service": service, "writer": "race"}
    ledger.keep(op=str(key), state=INVOKED, types=types, count=len(types), **told)
    half, go_on = Event(), Event()
    content = json.dumps(body(run, service, key)).encode()

    def ask() -> httpx.Response:
        headers = {
            "Idempotency-Key": f'"{key}"',
            "X-Correlation-Id": str(key),
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
        }
        auth = Bearer(run.site.signer, "organiser")
        with httpx.Client(auth=auth, trust_env=False, timeout=END_SECONDS) as http:
            url = f"{run.site.url(service)}{PATHS[service]}"
            return http.post(url, content=in_two(content, half, go_on), headers=headers)

    return Asked(key, service, ledger, half, go_on, threads.submit(ask))


def in_two(content: bytes, half: Event, go_on: Event) -> Iterator[bytes]:
    middle = len(content) // 2
    yield content[:middle]
    half.set()
    go_on.wait(END_SECONDS)
    yield content[middle:]


def body(run: Run, service: str, key: UUID) -> dict[str, Any]:
    """Of the last service's request one that it refuses."""
    if service == REGISTRY:
        return {"name": f"Verein {key}", "kind": "association"}
    if service == MEETINGS:
        plan = {"kind": "local_meeting", "mode": "digital", "title": f"Treffen {key}"}
        return plan | times(run.chance, weeks=8)
    return {"nothing": str(key)}
