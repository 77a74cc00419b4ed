"""Where mails and webhooks of a local run arrive."""

import json
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from http.client import HTTPConnection
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from local.ports import LOOPBACK, answers, free_port
from local.processes import spawn, stop, wait_until
from local.settings import CHECKOUT
from local.webhook_receiver import known_ids

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"type": "netztreff.meeting.scheduled.v1", "data": {"title": "Frühjahr"}}'


@pytest.fixture
def port() -> int:
    return free_port()


def test_a_mailbox_that_cannot_be_written_is_one_sentence(port: int) -> None:
    command = [sys.executable, "-m", "local.mail_catcher", str(port), "/proc/mailbox"]
    ended = subprocess.run(
        command, cwd=CHECKOUT / "deploy", capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 78
    assert ended.stderr.startswith("The mailbox /proc/mailbox cannot be written: ")
    assert len(ended.stderr.splitlines()) == 1


def running(module: str, port: int, arguments: list[Path], log: Path) -> Iterator[int]:
    command = [sys.executable, "-m", f"local.{module}", str(port), *map(str, arguments)]
    child = spawn(command, log=log, cwd=CHECKOUT / "deploy")
    wait_until(partial(answers, port), what=module, seconds=20, child=child)
    yield port
    stop([child])


@pytest.fixture
def catcher(port: int, tmp_path: Path) -> Iterator[int]:
    yield from running("mail_catcher", port, [tmp_path / "mailbox"], tmp_path / "log")


@pytest.fixture
def receiver(port: int, tmp_path: Path) -> Iterator[int]:
    files = [tmp_path / "calls.jsonl", tmp_path / "secrets"]
    yield from running("webhook_receiver", port, files, tmp_path / "log")


def call(
    port: int, body: str, secret: str = SECRET, *, age: timedelta = timedelta(), name: str = "msg_1"
) -> int:
    now = datetime.now(UTC) - age
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, now, BODY),
    }
    connection = HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("POST", "/", body=body.encode(), headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def calls(tmp_path: Path) -> list[dict[str, object]]:
    lines = (tmp_path / "calls.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_a_mail_becomes_a_file_with_its_envelope(catcher: int, tmp_path: Path) -> None:
    message = EmailMessage()
    message["Subject"] = "Einladung"
    message.set_content("Grüße")
    with smtplib.SMTP(LOOPBACK, catcher) as client:
        client.send_message(message, "netz@example.org", ["stadt@example.org"])
    (path,) = (tmp_path / "mailbox").glob("*.eml")
    kept = message_from_bytes(path.read_bytes(), policy=SMTP)
    assert kept["Delivered-To"] == "stadt@example.org"
    assert kept["Return-Path"] == "<netz@example.org>"
    assert kept["Subject"] == "Einladung"
    assert kept.get_content() == "Grüße\r\n"


def test_a_signed_call_is_accepted_and_kept(receiver: int, tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text(f"whsec_b3RoZXI=\n{SECRET}\n", encoding="ascii")
    assert call(receiver, BODY) == 204
    (kept,) = calls(tmp_path)
    assert kept["verified"] is True
    assert kept["body"] == BODY


def test_a_changed_body_is_refused_and_kept_as_unverified(receiver: int, tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text(SECRET, encoding="ascii")
    assert call(receiver, BODY.replace("Frühjahr", "Herbst")) == 401
    assert [kept["verified"] for kept in calls(tmp_path)] == [False]


def test_a_call_that_comes_again_is_accepted_and_told_apart(receiver: int, tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text(SECRET, encoding="ascii")
    assert call(receiver, f"{BODY} ") == 401
    assert [call(receiver, BODY, name=name) for name in ("msg_1", "msg_1", "msg_2")] == [204] * 3
    assert [kept["repeated"] for kept in calls(tmp_path)] == [False, False, True, False]


def test_ids_are_remembered_after_a_start_that_followed_a_kill(tmp_path: Path) -> None:
    kept = {"verified": True, "headers": {"Webhook-Id": "msg_1"}}
    refused = {"verified": False, "headers": {"webhook-id": "msg_2"}}
    lines = [json.dumps(kept), json.dumps(refused), json.dumps(kept)[:20]]
    (tmp_path / "calls").write_text("\n".join(lines), encoding="utf-8")
    assert known_ids(tmp_path / "calls") == {"msg_1"}


def test_an_old_call_is_refused(receiver: int, tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text(SECRET, encoding="ascii")
    assert call(receiver, BODY, age=timedelta(seconds=310)) == 401


def test_without_a_secret_nothing_is_accepted(receiver: int) -> None:
    assert call(receiver, BODY) == 401
