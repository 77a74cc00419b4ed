"""A worker that dies between sending and recording: the same is sent again under the same id."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import socket
from threading import Event
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from local.ports import LOOPBACK, free_port
from tests.integration.notifications.receivers import open_socket
from tests.integration.notifications.test_webhooks import cancel, register
from tests.integration.notifications.world import World, cohort

WORKER = """
import os
from time import sleep
from eventkit.kits import open_kit
from notifications.app import SERVICE
from notifications.settings import NotificationSettings

kit = open_kit(SERVICE, NotificationSettings.from_env(os.environ), pool_size=12)
while True:
    if not any([worker.step(kit) for worker in SERVICE.workers]):
        sleep(0.05)
"""


@dataclass
class Killer:
    """A mail server that takes each mail, and kills the worker before it says so."""

    victim: "subprocess.Popen[bytes] | None" = None
    message_ids: list[str] = field(default_factory=list)
    killed: Event = field(default_factory=Event)

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        lines = (envelope.original_content or b"").decode().split("\r\n")
        self.message_ids += [line for line in lines if line.startswith("Message-ID:")]
        if self.victim is not None:
            os.kill(self.victim.pid, signal.SIGKILL)
            self.victim = None
            self.killed.set()
        return "250 OK"


@pytest.fixture
def killer() -> Iterator[tuple[Killer, int]]:
    killer, port = Killer(), free_port()
    controller = Controller(killer, hostname=LOOPBACK, port=port)
    controller.start()
    yield killer, port
    controller.stop()


@contextmanager
def deadly_receiver(victims: "list[subprocess.Popen[bytes]]") -> Iterator[tuple[str, list[str]]]:
    """A receiver that takes each call, and kills the next victim before it says so."""
    ids: list[str] = []

    def take(connection: socket, _: Event) -> None:
        head = connection.recv(65536).decode().lower()
        ids.extend(line for line in head.split("\r\n") if line.startswith("webhook-id:"))
        if victims:
            os.kill(victims.pop().pid, signal.SIGKILL)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with open_socket(take) as port:
        yield f"http://{LOOPBACK}:{port}/", ids


@contextmanager
def running(environment: dict[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """A worker of its own process, which ends with the block at the latest."""
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield worker
    finally:
        worker.kill()
        worker.wait()


def wait_for_state(world: World, recipient: UUID, state: str) -> None:
    pause = Event()
    for _ in range(400):
        if world.log(recipient_id=recipient)[-1]["state"] == state:
            return
        pause.wait(0.05)
    pytest.fail(f"the delivery never became {state}")


def test_a_mail_is_repeated_under_the_same_id_after_a_kill(
    world: World, environment: dict[str, str], killer: tuple[Killer, int]
) -> None:
    server, port = killer
    settings = environment | {"SMTP_URL": f"smtp://{LOOPBACK}:{port}"}
    participant = world.register(world.open_meeting(cohort()))
    with running(settings) as first:
        server.victim = first
        assert server.killed.wait(20)
        assert first.wait(10) == -signal.SIGKILL
    (row,) = world.log(recipient_id=participant)
    assert (row["state"], row["attempts"]) == ("queued", 0)
    world.let_time_pass(participant)
    with running(settings):
        wait_for_state(world, participant, "delivered")
    assert len(server.message_ids) == 2
    assert set(server.message_ids) == {f"Message-ID: <{row['delivery_id']}@example.org>"}


def test_a_call_is_repeated_under_the_same_id_after_a_kill(
    world: World, environment: dict[str, str]
) -> None:
    victims: list[subprocess.Popen[bytes]] = []
    with deadly_receiver(victims) as (url, ids):
        endpoint, _ = register(world, url)
        cancel(world)
        with running(environment) as first:
            victims.append(first)
            assert first.wait(20) == -signal.SIGKILL
        (row,) = world.log(recipient_id=endpoint)
        assert (row["state"], row["attempts"]) == ("queued", 0)
        world.let_time_pass(endpoint)
        with running(environment):
            wait_for_state(world, endpoint, "delivered")
    assert ids == [f"webhook-id: {row['delivery_id']}"] * 2
