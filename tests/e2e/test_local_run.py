"""`make run` as a person and a script meet it: one command, everything up, nothing left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from random import randrange
from typing import Any

import httpx
import psutil
import pytest
import vobject
from icalendar import Calendar

from local.ports import is_free
from local.settings import CHECKOUT, Settings
from tests.ended import survivors

PATIENCE_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Run:
    """One `make run` in a folder of its own."""

    process: psutil.Popen
    folder: Path
    output: Path

    @property
    def file(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return content

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def parts(self) -> list[psutil.Process]:
        children: list[psutil.Process] = self.process.children(recursive=True)
        return children

    def end(self, how: signal.Signals) -> int:
        self.process.send_signal(how)
        code: int = self.process.wait(60)
        return code


def port_base() -> int:
    while True:
        base = randrange(20_000, 30_000)
        if all(map(is_free, Settings(port_base=base).ports())):
            return base


def launch(folder: Path, base: int, **settings: str) -> Run:
    """Starts it; doesn't wait."""
    own = {"VAR_FOLDER": str(folder), "PORT_BASE": str(base)}
    environment = os.environ | own | settings | {"PYTHONPATH": "deploy"}
    output = folder.with_suffix(f".{time.monotonic_ns()}.out")
    with output.open("wb") as file:
        process = psutil.Popen(
            [sys.executable, "-m", "local"],
            cwd=CHECKOUT,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Run(process=process, folder=folder, output=output)


def launched(folder: Path, base: int, **settings: str) -> Run:
    """Returns when it says that it runs."""
    run = launch(folder, base, **settings)
    wait_for(lambda: "Netztreff runs" in run.said() or run.process.poll() is not None)
    assert run.process.poll() is None, run.said()
    return run


def wait_for(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture(scope="module")
def base() -> int:
    return port_base()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, base: int) -> Iterator[Run]:
    run = launched(tmp_path_factory.mktemp("run") / "var", base)
    yield run
    if run.process.is_running():
        run.end(signal.SIGTERM)


def test_a_token_of_the_run_file_opens_the_service_of_the_run_file(run: Run) -> None:
    file = run.file
    url = f"{file['services']['registry']['url']}/v1/municipalities"
    headers = {"Authorization": f"Bearer {file['tokens']['organiser']}"}
    assert httpx.get(url, headers=headers).status_code == 200
    assert httpx.get(url).status_code == 401


@pytest.mark.parametrize("service", ["registry", "meetings", "notifications"])
def test_every_service_describes_itself_and_shows_metrics(run: Run, service: str) -> None:
    places = run.file["services"][service]
    assert httpx.get(f"{places['url']}/openapi.json").json()["openapi"].startswith("3.1")
    for url in places["metrics"]:
        assert httpx.get(url).status_code == 200


def test_the_example_invites_by_mail_with_a_calendar_part(run: Run) -> None:
    def invitations() -> list[EmailMessage]:
        mails = [
            message_from_bytes(path.read_bytes(), policy=SMTP)
            for path in Path(run.file["mailbox"]).glob("*.eml")
        ]
        return [
            part
            for mail in mails
            for part in mail.walk()
            if part.get_content_type() == "text/calendar"
        ]

    wait_for(lambda: invitations() != [])
    for part in invitations():
        text = part.get_content()
        (event,) = Calendar.from_ical(text).walk("VEVENT")
        assert vobject.readOne(text).vevent.uid.value == event["UID"]
        assert part.get_param("method") == Calendar.from_ical(text)["METHOD"]


def test_the_examples_webhook_gets_calls_whose_signatures_hold(run: Run) -> None:
    calls = Path(run.file["webhooks"]["calls"])
    wait_for(calls.exists)
    lines = calls.read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["verified"] for line in lines} == {True}


def test_secrets_and_tokens_are_for_their_owner_only(run: Run) -> None:
    private = [run.folder / "run.json", run.folder / "secrets" / "credentials.json"]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


def test_the_output_names_every_service_and_gives_a_token_for_every_role(run: Run) -> None:
    said = run.said()
    for service in run.file["services"].values():
        assert service["url"] in said
    for role in ("organiser", "steering_group", "municipality", "district", "moderator"):
        assert f"  {role} " in said


def test_a_second_run_on_the_same_data_is_refused_in_one_sentence(run: Run, base: int) -> None:
    second = launch(run.folder, base)
    assert second.process.wait(60) == 1
    assert second.said().strip() == f"Netztreff runs already, as process {run.process.pid}."


@pytest.mark.usefixtures("run")
def test_a_port_in_use_is_named_in_one_sentence(base: int, tmp_path: Path) -> None:
    other = launch(tmp_path / "var", base)
    assert other.process.wait(60) == 1
    assert f"Port {base + 1} (registry) is in use" in other.said()
    assert "Traceback" not in other.said()


def test_a_broken_setting_of_a_service_is_named_and_ends_with_78(tmp_path: Path) -> None:
    broken = launch(tmp_path / "var", port_base(), LOG_LEVEL="loud")
    assert broken.process.wait(PATIENCE_SECONDS) == 78
    assert "LOG_LEVEL" in broken.said()
    assert "Traceback" not in broken.said()


def test_a_killed_launcher_leaves_nothing_behind_and_the_next_run_has_the_same_data(
    tmp_path: Path,
) -> None:
    base = port_base()
    first = launched(tmp_path / "var", base, NETZTREFF_EXAMPLE="no")
    secrets = (tmp_path / "var" / "secrets" / "credentials.json").read_bytes()
    parts = first.parts()
    assert len(parts) >= 6
    first.process.kill()
    first.process.wait(10)

    second = launched(tmp_path / "var", base, NETZTREFF_EXAMPLE="no")
    assert survivors(parts, seconds=30) == []
    assert (tmp_path / "var" / "secrets" / "credentials.json").read_bytes() == secrets
    parts = second.parts()
    assert second.end(signal.SIGINT) == 0
    assert survivors(parts, seconds=1) == []
    assert not (tmp_path / "var" / "run.json").exists()
