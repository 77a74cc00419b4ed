"""Every process of every service is killed while people write; nothing is lost or doubled."""

import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from uuid import uuid4

import httpx

from tests.e2e.api import Api, Json
from tests.e2e.installation import SERVICES, Installation, until
from tests.e2e.mails import mails
from tests.e2e.network import invite, new_network, plan_meeting

WRITERS = 2


def acknowledged(api: Api, path: str, body: Json) -> str:
    """Send one wish under one key until it is acknowledged; returns what was made."""
    key = str(uuid4())

    def attempt() -> str | None:
        try:
            answer = api.post(path, body, key)
        except httpx.TransportError:
            return None
        assert answer.status_code in {201, 503}, answer.text
        return str(answer.headers.get("Location", "")).rpartition("/")[2]

    return str(until(attempt))


@contextmanager
def guests(installation: Installation, meeting_id: str) -> Iterator[dict[str, str]]:
    """People register all the time; who was acknowledged, by address, is known afterwards."""
    known: dict[str, str] = {}
    over = Event()

    def write() -> None:
        with httpx.Client(timeout=30, trust_env=False) as http:
            meetings = installation.api("meetings")
            api = Api(http, meetings.url, meetings.token)
            while not over.wait(0.2):
                email = f"{uuid4()}@example.org"
                body = {"side": "guest", "name": "Gast (erfunden)", "email": email}
                path = f"/v1/meetings/{meeting_id}/registrations"
                known[email] = acknowledged(api, path, body)

    with ThreadPoolExecutor(WRITERS) as threads:
        writing = [threads.submit(write) for _ in range(WRITERS)]
        try:
            yield known
        finally:
            over.set()
    for one in writing:
        one.result()


def kill(installation: Installation, service: str, role: str) -> None:
    """Returns when another process has taken the place of the killed one."""
    killed = installation.roles(service)[role]
    killed.send_signal(signal.SIGKILL)
    until(lambda: installation.roles(service).get(role, killed).pid != killed.pid)


def kill_all(installation: Installation, known: dict[str, str]) -> None:
    """Kill one process after the other, each in the midst of new writes."""
    for service in SERVICES:
        for role in installation.roles(service):
            before = len(known)
            until(lambda before=before: len(known) > before)  # type: ignore[misc]  # bound now
            kill(installation, service, role)


def test_whatever_is_killed_every_acknowledged_guest_is_told_exactly_once(
    installation: Installation,
) -> None:
    network = new_network(installation, members=1)
    meeting_id = plan_meeting(installation, network)
    invite(installation, network, meeting_id)
    with guests(installation, meeting_id) as known:
        kill_all(installation, known)
    meetings, log = installation.api("meetings"), installation.api("notifications")

    registered = meetings.items(f"/v1/meetings/{meeting_id}/registrations")
    assert Counter(one["participant_id"] for one in registered) == Counter(known.values())

    people = set(known.values()) | set(network.members)
    told = {"meeting_id": meeting_id, "channel": "mail"}
    until(lambda: len(log.items("/v1/deliveries", **told, state="delivered")) >= len(people))
    recipients = Counter(one["recipient_id"] for one in log.items("/v1/deliveries", **told))
    assert recipients == Counter(people)

    arrived = {(mail.recipient, mail.message_id) for mail in mails(installation, meeting_id)}
    addresses = Counter(recipient for recipient, _ in arrived)
    assert addresses == Counter({*known, *network.members.values()})
