"""What `make up` writes down, also when it is broken off."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from local import compose
from local.credentials import Client
from local.processes import StartFailed


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

    def create(self, _port: int, _token: str, wanted: Mapping[str, str | None]) -> Client:
        if not self.answers:
            raise StartFailed("The registry did not answer.")
        self.answers -= 1
        return Client(client_id=f"id of {wanted['name']}", client_secret="s")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    stub = Registry()
    monkeypatch.setattr(compose, "compose", stub.bootstrap)
    monkeypatch.setattr(compose, "create_client", stub.create)
    monkeypatch.setattr(compose, "token", lambda _port, client: client.client_secret)
    return stub


def test_a_broken_enrolment_goes_on_where_it_ended(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    compose.write_env(path)
    with pytest.raises(StartFailed):
        compose.enrol(path)
    registry.answers = 1
    compose.enrol(path)
    lines = path.read_text("utf-8").splitlines()
    kept = [line.partition("=")[0] for line in lines if "_CLIENT_" in line]
    names = ("OPERATOR", "MEETINGS", "NOTIFICATIONS")
    assert kept == [f"{name}_CLIENT_{part}" for name in names for part in ("ID", "SECRET")]
    assert registry.bootstraps == 1
    assert path.stat().st_mode & 0o777 == 0o600


def test_secrets_are_written_once(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    compose.write_env(path)
    written = path.read_text("utf-8")
    compose.write_env(path)
    assert path.read_text("utf-8") == written
