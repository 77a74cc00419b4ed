"""Many at the same time: one key, one seat, one version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any, ClassVar
from uuid import UUID

import httpx

from tests.faults.case import Case, Run
from tests.faults.ledger import FAIL, INVOKED, OK, Ledger
from tests.faults.load import Bearer, Caller
from tests.faults.operations import MEETINGS, REGISTRY, Operation, times
from tests.faults.oracle.findings import BROKEN, DOUBLED

CROWD = 20
PLAN = {"kind": "local_meeting", "mode": "digital"}


class OneKey(Case):
    """Twenty identical requests with one key at once: one thing, one answer."""

    id: ClassVar[str] = "F34"
    title: ClassVar[str] = "idempotency race"
    seconds: ClassVar[float] = 5

    def run(self, run: Run) -> None:
        run.injected("idempotency race")
        key = UUID(int=run.chance.getrandbits(128), version=4)
        ledger = Ledger(run.folder / f"ledger-race-{key}.jsonl")
        told = {"what": "organisation.registered", "service": REGISTRY, "writer": "race"}
        expected = {"types": ["organisation.registered"], "count": 1}
        ledger.keep(op=str(key), state=INVOKED, **told, **expected)
        answers = at_once([lambda http: register(run, http, key)] * CROWD, run)
        made = {answer.json()["id"] for answer in answers if answer.status_code == 201}
        statuses = Counter(answer.status_code for answer in answers)
        if len(made) > 1:
            run.found(DOUBLED, "F34", f"one key made {len(made)} things")
        if statuses.keys() - {201, 409, 503}:
            run.found(BROKEN, "F34", f"answers to one key: {dict(statuses)}")
        for identity in made:
            ledger.keep(op=str(key), state=OK, status=201, id=identity)
        ledger.close()


def register(run: Run, http: httpx.Client, key: UUID) -> httpx.Response:
    body = {"name": f"Verein {key}", "kind": "association"}
    headers = {"Idempotency-Key": f'"{key}"', "X-Correlation-Id": str(key)}
    return http.post(f"{run.site.url(REGISTRY)}/v1/organisations", json=body, headers=headers)


def at_once(
    requests: Sequence[Callable[[httpx.Client], httpx.Response]], run: Run
) -> list[httpx.Response]:
    """All of them from as many connections at the same moment; who got no answer is left out."""
    barrier, auth = Barrier(len(requests)), Bearer(run.site.signer, "organiser")

    def ask(request: Callable[[httpx.Client], httpx.Response]) -> httpx.Response | None:
        with httpx.Client(auth=auth, trust_env=False, timeout=30) as http:
            barrier.wait()
            try:
                return request(http)
            except httpx.TransportError:
                return None

    with ThreadPoolExecutor(len(requests)) as threads:
        return [answer for answer in threads.map(ask, requests) if answer is not None]


class OneSeat(Case):
    """Twenty people for one seat, and twenty changes of one version."""

    id: ClassVar[str] = "F35"
    title: ClassVar[str] = "optimistic conflicts"
    seconds: ClassVar[float] = 12

    def run(self, run: Run) -> None:
        meeting = planned(run)
        run.injected("race for one version")
        version = version_of(run, meeting)
        changes = [placed(run, meeting, version) for _ in range(CROWD)]
        ended = Counter(state_of(answer) for answer in all_of(run, changes))
        if ended[OK] != 1:
            run.found(BROKEN, "F35", f"changes of one version ended so: {dict(ended)}")
        opened(run, meeting)
        run.injected("race for one seat")
        all_of(run, [guest(run, meeting) for _ in range(CROWD)])
        path = f"{run.site.url(MEETINGS)}/v1/meetings/{meeting}/registrations?standing=registered"
        with httpx.Client(auth=Bearer(run.site.signer, "organiser"), trust_env=False) as http:
            taken = len(http.get(path, timeout=30).raise_for_status().json()["items"])
        if taken != 1:
            run.found(DOUBLED, "F35", f"{taken} people have the one seat")
        done(run, wish(run, "meeting.cancelled", meeting, "cancel", {"reason": "Ende"}))


def wish(run: Run, what: str, meeting: str, action: str, body: Any) -> Operation:
    return Operation(
        key=UUID(int=run.chance.getrandbits(128), version=4),
        what=what,
        service=MEETINGS,
        method="POST",
        path=f"/v1/meetings/{meeting}/{action}",
        types=(what,),
        body=body,
        any_match=True,
    )


def planned(run: Run) -> str:
    body = PLAN | {"title": "Ein Platz"} | times(run.chance, weeks=8)
    made = replace(wish(run, "meeting.planned", "", "", body), path="/v1/meetings")
    return str(done(run, made).json()["id"])


def placed(run: Run, meeting: str, version: int) -> Operation:
    venue = {"venue": f"Saal {run.chance.random()}"}
    made = wish(run, "meeting.placed", meeting, "place", venue)
    return replace(made, method="PUT", any_match=False, match=version)


def opened(run: Run, meeting: str) -> None:
    with httpx.Client(auth=Bearer(run.site.signer, "organiser"), trust_env=False) as http:
        found = http.get(f"{run.site.url(REGISTRY)}/v1/programmes", timeout=30).raise_for_status()
    programme = found.json()["items"][0]["programme_id"]
    body = {"audience": [{"kind": "steering_group", "id": programme}], "capacity": 1}
    done(run, wish(run, "invitations.opened", meeting, "open-invitations", body))


def guest(run: Run, meeting: str) -> Operation:
    who = run.chance.getrandbits(64)
    body = {"side": "guest", "name": f"Gast {who}", "email": f"{who}@example.org"}
    made = wish(run, "participant.registered", meeting, "registrations", body)
    return replace(made, types=("participant.registered", "participant.waitlisted"))


def version_of(run: Run, meeting: str) -> int:
    with httpx.Client(auth=Bearer(run.site.signer, "organiser"), trust_env=False) as http:
        url = f"{run.site.url(MEETINGS)}/v1/meetings/{meeting}"
        answer = http.get(url, timeout=30).raise_for_status()
    return int(answer.headers["ETag"].strip('"').partition(".")[0])


def done(run: Run, one: Operation) -> httpx.Response:
    (answer,) = all_of(run, [one])
    if answer is None or not answer.is_success:
        raise RuntimeError(f"{one.what}: {answer and answer.text}")
    return answer


def all_of(run: Run, wanted: Sequence[Operation]) -> list[httpx.Response | None]:
    """Each from a thread and with a ledger of its own, until each has its answer."""
    barrier = Barrier(len(wanted))

    def ask(one: Operation) -> httpx.Response | None:
        caller = caller_of(run, one)
        try:
            barrier.wait()
            return caller.call(one)
        finally:
            caller.close()

    with ThreadPoolExecutor(len(wanted)) as threads:
        return list(threads.map(ask, wanted))


def caller_of(run: Run, one: Operation) -> Caller:
    if run.stage is None:
        raise LookupError("this case has no shared site")
    return run.stage.load.caller(f"race-{one.key}", writer="race")


def state_of(answer: httpx.Response | None) -> str:
    return OK if answer is not None and answer.is_success else FAIL
