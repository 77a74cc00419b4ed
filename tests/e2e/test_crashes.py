"""Every process of every service is killed while people write; nothing is lost or doubled."""

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from uuid import uuid4

import httpx

from tests.e2e.api import Api, Json
from tests.e2e.installation import SERVICES, Installation, until
from tests.e2e.mails import mails
from tests.e2e.network import invite, new_network, plan_meeting

WRITERS = 3
PAUSE_SECONDS = 0.3
# The answer to the first attempt does not arrive in time, so that every wish is repeated.
LOST, ARRIVES = httpx.Timeout(30, read=0.001), httpx.Timeout(30)


def acknowledged(api: Api, path: str, body: Json) -> str:
    """Send one wish under one key until it is acknowledged; returns what was made."""
    key = str(uuid4())
    attempt(api, path, body, key, LOST)
    return until(lambda: attempt(api, path, body, key, ARRIVES))


def attempt(api: Api, path: str, body: Json, key: str, patience: httpx.Timeout) -> str:
    """What was made, or nothing where no answer or a "later" came."""
    headers = {"Idempotency-Key": f'"{key}"'}
    try:
        answer = api.send("POST", path, json=body, headers=headers, timeout=patience)
    except httpx.TransportError:
        return ""
    # 409: the first request under this key still runs.
    assert answer.status_code in {201, 409, 503}, answer.text
    return str(answer.headers.get("Location", "")).rpartition("/")[2]


@dataclass
class Guests:
    """Who was acknowledged, by address; `hurry` has them come without a pause."""

    known: dict[str, str] = field(default_factory=dict)
    hurry: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)

    def register(self, api: Api, meeting_id: str) -> None:
        while not self.over.is_set():
            if not self.hurry.is_set():
                self.over.wait(PAUSE_SECONDS)
            email = f"{uuid4()}@example.org"
            body = {"side": "guest", "name": "Gast (erfunden)", "email": email}
            path = f"/v1/meetings/{meeting_id}/registrations"
            self.known[email] = acknowledged(api, path, body)

    def wait_for_more(self, number: int) -> None:
        wanted = len(self.known) + number
        until(lambda: len(self.known) >= wanted)


@contextmanager
def registering(installation: Installation, meeting_id: str) -> Iterator[Guests]:
    """People register all the time while the block runs."""
    guests, meetings = Guests(), installation.api("meetings")

    def write() -> None:
        with httpx.Client(timeout=30, trust_env=False) as http:
            guests.register(Api(http, meetings.url, meetings.token), meeting_id)

    with ThreadPoolExecutor(WRITERS) as threads:
        writing = [threads.submit(write) for _ in range(WRITERS)]
        try:
            yield guests
        finally:
            guests.over.set()
    for one in writing:
        one.result()


def kill(installation: Installation, service: str, role: str, guests: Guests) -> None:
    """Kill in the midst of writes; returns when another process has taken the place."""
    killed = installation.roles(service)[role]
    guests.hurry.set()
    guests.wait_for_more(2 * WRITERS)
    killed.send_signal(signal.SIGKILL)
    guests.hurry.clear()
    until(lambda: installation.roles(service).get(role, killed).pid != killed.pid)


def kill_all(installation: Installation, guests: Guests) -> None:
    for service in SERVICES:
        for role in installation.roles(service):
            kill(installation, service, role, guests)


def test_whatever_is_killed_every_acknowledged_guest_is_told_exactly_once(
    installation: Installation,
) -> None:
    network = new_network(installation, members=1)
    meeting_id = plan_meeting(installation, network)
    invite(installation, network, meeting_id)
    with registering(installation, meeting_id) as guests:
        kill_all(installation, guests)
    meetings, log = installation.api("meetings"), installation.api("notifications")

    registered = meetings.items(f"/v1/meetings/{meeting_id}/registrations")
    assert Counter(one["participant_id"] for one in registered) == Counter(guests.known.values())

    people = set(guests.known.values()) | set(network.members)
    told = {"meeting_id": meeting_id, "channel": "mail"}
    until(lambda: len(log.items("/v1/deliveries", **told, state="delivered")) >= len(people))
    recipients = Counter(one["recipient_id"] for one in log.items("/v1/deliveries", **told))
    assert recipients == Counter(people)

    arrived = {(mail.recipient, mail.message_id) for mail in mails(installation, meeting_id)}
    addresses = Counter(recipient for recipient, _ in arrived)
    assert addresses == Counter({*guests.known, *network.members.values()})
