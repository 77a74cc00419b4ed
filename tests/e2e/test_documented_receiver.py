"""docs/integrate/receiver.py as a process: what it believes, and what it refuses (S18)."""

import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from local.ports import LOOPBACK, free_port
from local.settings import CHECKOUT
from tests.e2e.installation import until

SECRET, OLDER, FOREIGN = (f"whsec_{b64encode(text * 24).decode()}" for text in (b"a", b"b", b"c"))
BODY = '{"type": "meeting.placed.v1", "data": {}}'


@dataclass(frozen=True, kw_only=True)
class Running:
    url: str
    process: subprocess.Popen[str]

    def call(
        self,
        *secrets: str,
        identity: str = "msg_1",
        age: timedelta = timedelta(),
        body: str = BODY,
        changed: str | None = None,
    ) -> int:
        """Sign `body`, send it or what became of it, and return the status."""
        at = datetime.now(UTC) - age
        signatures = " ".join(Webhook(secret).sign(identity, at, body) for secret in secrets)
        headers = {
            "webhook-id": identity,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": signatures,
        }
        return httpx.post(
            self.url, content=changed or body, headers=headers, trust_env=False
        ).status_code

    def told(self) -> int:
        """How many events it printed; ends it."""
        self.process.terminate()
        printed, _ = self.process.communicate(timeout=10)
        return len(printed.splitlines())


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Running]:
    secrets = tmp_path / "secrets"
    secrets.write_text(f"{SECRET}\n{OLDER}\n", encoding="ascii")
    port = free_port()
    command = [sys.executable, "docs/integrate/receiver.py", str(port), str(secrets)]
    with subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        running = Running(url=f"http://{LOOPBACK}:{port}/", process=process)
        until(lambda: answers(running.url))
        yield running
        process.terminate()


def answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.post(url, trust_env=False).status_code == httpx.codes.UNAUTHORIZED
    return False


def test_an_event_is_told_once_however_often_it_comes(receiver: Running) -> None:
    assert [receiver.call(SECRET) for _ in range(3)] == [204, 204, 204]
    assert receiver.told() == 1


def test_both_secrets_of_a_rotation_are_good(receiver: Running) -> None:
    assert receiver.call(FOREIGN, OLDER) == 204
    assert receiver.call(OLDER, SECRET, identity="msg_2") == 204
    assert receiver.told() == 2


def test_forged_and_replayed_calls_are_refused(receiver: Running) -> None:
    statuses = [
        receiver.call(FOREIGN),
        receiver.call(),
        receiver.call(SECRET, changed=BODY + " "),
        receiver.call(SECRET, age=timedelta(seconds=301)),
        receiver.call(SECRET, age=timedelta(seconds=-310)),
    ]
    assert statuses == [401] * len(statuses)
    assert receiver.told() == 0
