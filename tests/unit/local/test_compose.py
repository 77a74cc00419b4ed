"""What `make up` writes down and shows, also when it is broken off."""

import os
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

import pytest

from local import compose
from local.compose import Composition
from local.credentials import Client
from local.env_file import EXAMPLE, EnvFile
from local.processes import StartFailed

# What the plugin of this name says of a composition whose migration met a wrong setting.
DOCKER = """#!/bin/sh
case "$*" in
  *" up "*) exit 1 ;;
  *" ps "*) cat <<'END'
{"Service": "postgres", "State": "running", "ExitCode": 0}
{"Service": "registry-migrate", "State": "exited", "ExitCode": 0}
{"Service": "notifications-migrate", "State": "exited", "ExitCode": 78}
{"Service": "meetings-worker", "State": "restarting", "ExitCode": 0}
END
  ;;
  *" logs "*) echo "asked: $*"; echo "SMTP_URL: the password is too short" >&2 ;;
esac
"""


class Registry:
    """Bootstraps once in its life, and makes clients while it answers."""

    def __init__(self) -> None:
        self.bootstraps = 0
        self.answers = 1

    def bootstrap(self, *_: str) -> str:
        self.bootstraps += 1
        if self.bootstraps > 1:
            raise StartFailed("The registry has its first operator.")
        return '{"client_id": "o", "client_secret": "os"}'

    def create(
        self, _port: int, _token: str, wanted: Mapping[str, str | None], *, host: str
    ) -> Client:
        assert host == "registry-api"
        if not self.answers:
            raise StartFailed("The registry did not answer.")
        self.answers -= 1
        return Client(client_id=f"id of {wanted['name']}", client_secret="s")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    stub = Registry()
    monkeypatch.setattr(Composition, "run", lambda _composition, *asked: stub.bootstrap(*asked))
    monkeypatch.setattr(compose, "create_client", stub.create)
    monkeypatch.setattr(compose, "token", lambda _port, client, **_: client.client_secret)
    return stub


@pytest.fixture
def composition(tmp_path: Path) -> Composition:
    made = Composition(env=EnvFile(tmp_path / ".env"))
    compose.env(made)
    return made


def test_a_broken_enrolment_goes_on_where_it_ended(
    registry: Registry, composition: Composition
) -> None:
    with pytest.raises(StartFailed):
        composition.enrol()
    registry.answers = 1
    composition.enrol()
    assert composition.client("operator") == Client(client_id="o", client_secret="os")
    for name in ("meetings", "notifications"):
        client = composition.client(name)
        assert client == Client(client_id=f"id of Netztreff {name}", client_secret="s")
    assert registry.bootstraps == 1
    assert composition.env.path.stat().st_mode & 0o777 == 0o600


def test_callers_are_sent_to_the_public_address_or_else_to_the_port(
    composition: Composition,
) -> None:
    assert composition.place("meetings") == "meetings at http://127.0.0.1:8402"
    composition.env.change({"MEETINGS_PORT": "9402"})
    assert composition.place("meetings") == "meetings at http://127.0.0.1:9402"
    composition.env.change({"MEETINGS_PUBLIC_URL": "https://meetings.example.org"})
    assert composition.place("meetings") == "meetings at https://meetings.example.org"


def test_secrets_are_written_once(composition: Composition) -> None:
    written = composition.env.path.read_text("utf-8")
    compose.env(composition)
    assert composition.env.path.read_text("utf-8") == written


def test_every_secret_of_the_example_is_filled_in_anew(
    composition: Composition, tmp_path: Path
) -> None:
    other = Composition(env=EnvFile(tmp_path / "other.env"))
    compose.env(other)
    names = [line[:-1] for line in EXAMPLE.read_text("utf-8").splitlines() if line.endswith("=")]
    secrets = [name for name in names if name.endswith(("_PASSWORD", "_KEY"))]
    assert len(secrets) >= 13
    found = [(composition.env.get(name), other.env.get(name)) for name in secrets]
    assert len({value for pair in found for value in pair if value}) == 2 * len(secrets)
    keys = [composition.env.get(name) or "" for name in secrets if name.endswith("_KEY")]
    assert [len(b64decode(key)) for key in keys] == [32] * len(keys)


def test_a_changed_line_stays_in_its_place_under_its_comment(tmp_path: Path) -> None:
    file = EnvFile(tmp_path / ".env")
    file.path.write_text("# One\nA=1\nB=\n# Two\nC=3\n", "utf-8")
    file.change({"A": "x", "B": "y"})
    assert file.path.read_text("utf-8") == "# One\nA=x\nB=y\n# Two\nC=3\n"
    file.change({"D": "4"})
    assert file.path.read_text("utf-8").endswith("C=3\nD=4\n")


def test_a_port_of_the_file_counts(composition: Composition) -> None:
    assert composition.port("meetings") == 8402
    composition.env.change({"MEETINGS_PORT": "9999"})
    assert composition.port("meetings") == 9999


def test_a_failed_start_shows_what_the_containers_that_failed_wrote_last(
    composition: Composition,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(DOCKER, "utf-8")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(StartFailed, match="up --detach --wait registry-api` failed"):
        composition.up()
    shown = capfd.readouterr().err
    assert "SMTP_URL: the password is too short\n" in shown
    assert shown.endswith(" --tail 5 notifications-migrate meetings-worker\n")
