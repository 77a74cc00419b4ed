"""Writers: each asks for one thing after the other until it knows what became of it."""

from __future__ import annotations

import ssl
import time
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event, Lock, Thread
from uuid import UUID

import httpx

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from tests.faults.ledger import FAIL, INFO, INVOKED, OK, Ledger
from tests.faults.operations import (
    MEETINGS,
    NOTIFICATIONS,
    REGISTRY,
    Operation,
    World,
    address,
    meeting,
    times,
)

TLS = ssl.create_default_context()
PATIENCE = httpx.Timeout(12, connect=3)
SCOPES = frozenset({"read", "write", "admin"})
# The same wish may be refused for the moment; nothing was stored by it.
PASSING = frozenset({429, 500, 502, 503, 504, 507})
# What the load's webhook is called about; participants, who are most, are written to.
HEARD = ("meeting", "contact", "story", "invitations")
BUSY = "idempotency-key-busy"
TOKEN_SECONDS = 300.0
# Who repeats a wish so long without an answer gives up, and leaves it unknown.
GIVE_UP_SECONDS = 300.0
Urls = Callable[[str], str]


class Bearer(httpx.Auth):
    """A fresh token of a role every five minutes."""

    def __init__(self, signer: Signer, role: str) -> None:
        self._signer, self._principal = signer, Principal(f"faults-{role}", role, None, SCOPES)
        self._token, self._until = "", 0.0

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        if time.monotonic() > self._until:
            self._until = time.monotonic() + TOKEN_SECONDS
            self._token = self._signer.sign(self._principal)
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


@dataclass
class Counts:
    """How operations ended so far; `unknown` counts attempts without a clear answer."""

    states: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    lock: Lock = field(default_factory=Lock)

    def note(self, state: str) -> None:
        with self.lock:
            self.states[state] += 1


class Caller:
    """Sends operations, and keeps its ledger of them."""

    def __init__(
        self, ledger: Path, signer: Signer, urls: Urls, counts: Counts, writer: str | None = None
    ) -> None:
        self._writer = writer
        self._ledger = Ledger(ledger)
        self._urls = urls
        self._counts = counts
        self.http = httpx.Client(
            timeout=PATIENCE, trust_env=False, verify=TLS, auth=Bearer(signer, "organiser")
        )
        self.over = Event()

    def close(self) -> None:
        self.http.close()
        self._ledger.close()

    def call(self, wish: Operation, give_up: float = GIVE_UP_SECONDS) -> httpx.Response | None:
        """Ask until there is a clear answer; None where there never was one."""
        told = {"what": wish.what, "service": wish.service, "writer": self._writer}
        expected = {"types": wish.types, "count": wish.count}
        self._ledger.keep(op=str(wish.key), state=INVOKED, **told, **expected)
        deadline, pause, doubtful = time.monotonic() + give_up, 0.2, False
        while time.monotonic() < deadline:
            answer = self._attempt(wish)
            if answer is not None and not is_passing(answer):
                self._end(wish, answer, doubtful=doubtful)
                return answer
            doubtful = doubtful or answer is None or answer.status_code not in (409, 429, 503)
            with self._counts.lock:
                self._counts.unknown += 1
            time.sleep(pause)
            pause = min(2.0, pause * 1.5)
        self._counts.note(INFO)
        return None

    def _attempt(self, wish: Operation) -> httpx.Response | None:
        headers = {"Idempotency-Key": f'"{wish.key}"', "X-Correlation-Id": str(wish.key)}
        if wish.any_match or wish.match is not None:
            headers["If-Match"] = "*" if wish.any_match else f'"{wish.match}"'
        url = f"{self._urls(wish.service)}{wish.path}"
        try:
            answer = self.http.request(wish.method, url, json=wish.body, headers=headers)
        except httpx.TransportError as error:
            self._ledger.keep(op=str(wish.key), state=INFO, why=type(error).__name__)
            return None
        if is_passing(answer):
            self._ledger.keep(op=str(wish.key), state=INFO, status=answer.status_code)
        return answer

    def _end(self, wish: Operation, answer: httpx.Response, *, doubtful: bool) -> None:
        content = answer.json() if answer.content else {}
        told = {"op": str(wish.key), "status": answer.status_code}
        if answer.is_success:
            version = content.get("version")
            self._ledger.keep(state=OK, id=content.get("id"), version=version, **told)
            self._counts.note(OK)
            return
        # An attempt before this one may have been at work still when this one was refused.
        state = INFO if doubtful else FAIL
        self._ledger.keep(state=state, code=content.get("code"), **told)
        self._counts.note(state)


def is_passing(answer: httpx.Response) -> bool:
    """Whether the same wish should be sent again."""
    if answer.status_code == httpx.codes.CONFLICT:
        return bool(answer.json().get("code") == BUSY)
    return answer.status_code in PASSING


@dataclass
class Load:
    """All writers. `pace` is the mean pause of each between two wishes, in seconds."""

    folder: Path
    signer: Signer
    urls: Urls
    seed: str
    writers: int = 4
    pace: float = 0.8
    counts: Counts = field(default_factory=Counts)
    over: Event = field(default_factory=Event)
    calm: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)

    def caller(self, name: str, writer: str | None = None) -> Caller:
        """Somebody with a ledger of that name; `writer` where webhooks tell of what it does."""
        path = self.folder / f"ledger-{name}.jsonl"
        return Caller(path, self.signer, self.urls, self.counts, writer)

    def start(self, hook: str) -> str:
        """Make what all share, and let the writers begin; the id of the endpoint that is told."""
        programme, shared, endpoint = self._prepare(hook)
        for number in range(self.writers):
            args = (number, programme, shared)
            thread = Thread(target=self._write, args=args, name=f"writer-{number}")
            self._threads.append(thread)
            thread.start()
        return endpoint

    def stop(self, sleep: Callable[[float], None]) -> None:
        """Let each writer come to the end of its present wish; `sleep` is how to wait meanwhile."""
        self.over.set()
        while any(thread.is_alive() for thread in self._threads):
            sleep(0.2)

    def _prepare(self, hook: str) -> tuple[str, str, str]:
        caller, chance = self.caller("setup"), Random(f"{self.seed}/setup")
        try:
            return prepared(caller, chance, hook)
        finally:
            caller.close()

    def _write(self, number: int, programme: str, shared: str) -> None:
        chance = Random(f"{self.seed}/{number}")
        world = World(chance, programme, shared)
        caller = self.caller(str(number), writer=str(number))
        try:
            while not self.over.is_set():
                wish = world.next()
                answer = caller.call(wish)
                if answer is not None and answer.is_success:
                    content = answer.json() if answer.content else {}
                    wish.then(content.get("id", ""), content.get("version"))
                else:
                    wish.refused()
                self.over.wait(chance.expovariate(1 / self.pace))
        finally:
            caller.close()


def prepared(caller: Caller, chance: Random, hook: str) -> tuple[str, str, str]:
    """A programme with a steering group of two, a meeting that is open to all, and an endpoint."""

    def made(what: str, service: str, path: str, body: object, **more: object) -> str:
        return settled(
            caller,
            lambda: Operation(
                key=UUID(int=chance.getrandbits(128), version=4),
                what=what,
                service=service,
                method="POST",
                path=path,
                body=body,
                types=(what,),
                **more,  # type: ignore[arg-type]  # fields of Operation
            ),
        )

    programme = made("programme.decided", REGISTRY, "/v1/programmes", {"title": "Netz (erfunden)"})
    organisation = {"name": "Träger (erfunden)", "kind": "association"}
    party = made("organisation.registered", REGISTRY, "/v1/organisations", organisation)
    for _ in range(2):
        key = UUID(int=chance.getrandbits(128), version=4)
        person = {"party": {"kind": "organisation", "key": party}, **address(key)}
        contact = made("contact.appointed", REGISTRY, "/v1/contacts", person)
        seat = {"organisation_id": party, "role": f"Sitz {key}"}
        seats = f"/v1/programmes/{programme}/seats"
        held = f"/v1/seats/{made('seat.created', REGISTRY, seats, seat)}"
        holder = {"contact_id": contact}
        made("seat.filled", REGISTRY, f"{held}/appointment", holder, any_match=True)
    body = meeting(UUID(int=chance.getrandbits(128), version=4), programme)
    shared = made("meeting.planned", MEETINGS, "/v1/meetings", body | times(chance, weeks=8))
    audience = {"audience": [{"kind": "steering_group", "id": programme}], "capacity": None}
    path = f"/v1/meetings/{shared}/open-invitations"
    made("invitations.opened", MEETINGS, path, audience, any_match=True)
    told = {"url": hook, "event_types": [f"{noun}.*" for noun in HEARD]}
    endpoint = made("endpoint.registered", NOTIFICATIONS, "/v1/endpoints", told)
    return programme, shared, endpoint


def settled(caller: Caller, wish: Callable[[], Operation], seconds: float = 60) -> str:
    """The new thing's id; waits while a service has not heard of what the wish refers to."""
    deadline = time.monotonic() + seconds
    while True:
        answer = caller.call(wish())
        if answer is not None and answer.is_success:
            return str((answer.json() if answer.content else {}).get("id", ""))
        if time.monotonic() > deadline:
            raise RuntimeError(f"The load could not be prepared: {answer and answer.text}")
        time.sleep(0.3)
