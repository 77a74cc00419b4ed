"""Mail servers and webhook receivers that misbehave."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import httpx

from tests.faults.case import Case, Run
from tests.faults.cases.races import caller_of, wish
from tests.faults.load import Bearer
from tests.faults.operations import NOTIFICATIONS, Operation
from tests.faults.oracle.findings import BROKEN

OTHER, ELSEWHERE = "/other", "/elsewhere"
# The load's own endpoint is called all the time; so long may it have to wait.
QUIET_SECONDS, LEASED_SECONDS = 20.0, 90.0


class MailServer(Case):
    """Every refusal of SMTP there is, a lost answer, and a server that is gone."""

    id: ClassVar[str] = "F22"
    title: ClassVar[str] = "the mail server refuses, forgets or is away"
    seconds: ClassVar[float] = 15
    answers: ClassVar[tuple[str, ...]] = (
        "421",
        "450",
        "451-after-data",
        "550",
        "552",
        "drop-after-dot",
    )

    def run(self, run: Run) -> None:
        for how in run.chance.sample(self.answers, 2):
            run.injected(f"mail server: {how}")
            behave(run, smtp=how)
            run.site.sleep(run.chance.uniform(2, 6))
            behave(run)
        run.injected("mail server and webhook receiver killed")
        receivers = run.site.parts["receivers"]
        receivers.kill()
        run.site.until(receivers.ready, seconds=30)


class SlowReceiver(Case):
    """One receiver hangs, drips or never ends; the others are called as before."""

    id: ClassVar[str] = "F20"
    title: ClassVar[str] = "a webhook receiver hangs, drips or never ends"
    seconds: ClassVar[float] = 30

    def run(self, run: Run) -> None:
        with another(run):
            # A worker that was killed before this may have left the load's endpoint leased.
            before = len(calls(run, "/main"))
            run.site.until(called(run, "/main", before), LEASED_SECONDS)
            for how in run.chance.sample(["hang", "drip", "endless"], 2):
                run.injected(f"webhook receiver: {how}")
                behave(run, **{OTHER: how})
                before = len(calls(run, "/main"))
                if not run.site.until(called(run, "/main", before), QUIET_SECONDS):
                    run.found(BROKEN, "F20", f"others are not called while one does {how}")
                run.site.sleep(run.chance.uniform(1, 6))
            behave(run)


class RefusingReceiver(Case):
    """Errors are tried again under the same id, redirects never followed, 410 disables."""

    id: ClassVar[str] = "F21"
    title: ClassVar[str] = "a webhook receiver answers 500, 429, 301, 410"
    seconds: ClassVar[float] = 30

    def run(self, run: Run) -> None:
        with another(run) as endpoint:
            for how in run.chance.sample(["500", "429", "301", "503"], 2):
                run.injected(f"webhook receiver: {how}")
                behave(run, **{OTHER: how})
                before = len(calls(run, OTHER))
                run.site.until(called(run, OTHER, before + 1), seconds=15)
            run.injected("webhook receiver: 410")
            behave(run, **{OTHER: "410"})
            if not run.site.until(lambda: state(run, endpoint) == "disabled", seconds=60):
                run.found(BROKEN, "F21", "an endpoint that answers 410 is not disabled")
            behave(run)
        if calls(run, ELSEWHERE):
            run.found(BROKEN, "F21", "a redirect was followed")


def behave(run: Run, **how: str) -> None:
    """From now on the receivers answer so; without anything as usual."""
    path = run.site.folder / "behaviour.json"
    arriving = path.with_suffix(".arriving")
    arriving.write_text(json.dumps(how), encoding="utf-8")
    arriving.replace(path)


def calls(run: Run, path: str) -> list[Any]:
    ledger = run.site.folder / "webhooks.jsonl"
    kept = ledger.read_text("utf-8").splitlines() if ledger.exists() else []
    return [line for line in kept if f'"path": "{path}"' in line]


def called(run: Run, path: str, more_than: int) -> Callable[[], bool]:
    return lambda: len(calls(run, path)) > more_than


@contextmanager
def another(run: Run) -> Iterator[str]:
    """A second endpoint for the time of the block; its id."""
    url = f"http://127.0.0.1:{run.site.front['webhooks']}{OTHER}"
    made = wish(run, "endpoint.registered", "", "", {"url": url, "event_types": ["participant.*"]})
    answer = ask(run, made, "POST", "/v1/endpoints")
    endpoint = str(answer.json()["id"])
    try:
        yield endpoint
    finally:
        gone = wish(run, "endpoint.removed", "", "", None)
        ask(run, gone, "DELETE", f"/v1/endpoints/{endpoint}")


def ask(run: Run, one: Operation, method: str, path: str) -> httpx.Response:
    caller = caller_of(run, one)
    try:
        wanted = replace(one, service=NOTIFICATIONS, method=method, path=path)
        answer = caller.call(wanted)
    finally:
        caller.close()
    if answer is None:
        raise RuntimeError(f"{method} {path} had no answer")
    return answer


def state(run: Run, endpoint: str) -> str:
    url = f"{run.site.url(NOTIFICATIONS)}/v1/endpoints/{endpoint}"
    try:
        answer = httpx.get(url, auth=Bearer(run.site.signer, "organiser"), timeout=10)
    except httpx.TransportError:
        return "unknown"
    return str(answer.json().get("state")) if answer.is_success else "unknown"
