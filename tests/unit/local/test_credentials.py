"""What a local run keeps secret."""

from base64 import b64decode
from pathlib import Path

import pytest

from local.credentials import Client, load
from local.processes import StartFailed


def test_credentials_are_made_once_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "credentials.json"
    made = load(path)
    made.clients["operator"] = Client(client_id="c-1", client_secret="s-1")
    made.save()
    assert load(path) == made


def test_a_damaged_file_is_not_replaced_by_new_secrets(tmp_path: Path) -> None:
    path = tmp_path / "credentials.json"
    path.write_text('{"postgres": "x", "services": {}}', encoding="utf-8")
    with pytest.raises(StartFailed, match="damaged"):
        load(path)
    assert path.read_text(encoding="utf-8") == '{"postgres": "x", "services": {}}'


def test_nobody_else_can_read_them(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "credentials.json"
    load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_no_service_shares_a_key_with_another(tmp_path: Path) -> None:
    services = load(tmp_path / "credentials.json").services.values()
    keys = [key for service in services for key in (service.master_key, service.chain_key)]
    assert len(set(keys)) == 6
    assert {len(b64decode(key)) for key in keys} == {32}
