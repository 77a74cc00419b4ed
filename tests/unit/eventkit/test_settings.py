"""Settings: all faults at once, none with its value, secrets from files."""

from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

import pytest

from eventkit.forms import HTTP, setting
from eventkit.settings import BadSettings, Settings, declared

KEY = b64encode(b"k" * 32).decode()
GOOD = {
    "DATABASE_URL": "postgresql://service:geheim@db.example.org/meetings",
    "KEY_DATABASE_URL": "postgresql+psycopg://service:geheim@db.example.org/meetings_keys",
    "MASTER_KEY": KEY,
    "CHAIN_KEY": KEY,
}
OWNERS = {
    "MIGRATION_DATABASE_URL": "postgresql://owner:geheim@db.example.org/meetings",
    "MIGRATION_KEY_DATABASE_URL": "postgresql://owner:geheim@db.example.org/meetings_keys",
}


@dataclass(frozen=True, kw_only=True)
class MailSettings(Settings):
    """A service with a setting of its own."""

    mail_url: str = setting("MAIL_URL", HTTP)


def test_what_is_not_set_has_its_default() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.http_bind == ("127.0.0.1", 8401)
    assert settings.kafka_bootstrap_servers == ()
    assert settings.master_key == b"k" * 32


def test_an_empty_value_counts_as_not_set() -> None:
    assert Settings.from_env(GOOD | {"HTTP_BIND": "", "CLIENT_ID": ""}).client_id is None


def test_all_faults_are_told_at_once_and_by_name() -> None:
    bad = {
        "DATABASE_URL": "mysql://x",
        "MASTER_KEY": "geheim",
        "CHAIN_KEY": b64encode(b"short").decode(),
        "HTTP_BIND": "8401",
        "OPERATOR_BIND": "127.0.0.1:99999",
        "WEB_THREADS": "٣",
        "LOG_LEVEL": "LOUD",
        "KAFKA_BOOTSTRAP_SERVERS": "kafka",
        "REGISTRY_URL": "registry",
    }
    with pytest.raises(BadSettings) as refusal:
        Settings.from_env(bad)
    named = [fault.split()[0] for fault in refusal.value.faults]
    assert sorted(named) == sorted([*bad, "KEY_DATABASE_URL"])
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize("port", ["x", "99999", "5432,db2:5432"])
def test_a_url_with_a_bad_port_is_a_fault_and_no_crash_later(port: str) -> None:
    url = f"postgresql://service:geheim@db.example.org:{port}/meetings"
    with pytest.raises(BadSettings, match="DATABASE_URL must be a URL"):
        Settings.from_env(GOOD | {"DATABASE_URL": url})


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "master_key"
    file.write_text(KEY + "\n", encoding="utf-8")
    environ = {name: text for name, text in GOOD.items() if name != "MASTER_KEY"}
    assert Settings.from_env(environ | {"MASTER_KEY_FILE": str(file)}).master_key == b"k" * 32


SECRETS = [one.name for _, one in declared(Settings) if one.secret]


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_stand_in_a_file(name: str, tmp_path: Path) -> None:
    environ = GOOD | {"CLIENT_ID": "x", "CLIENT_SECRET": "y"} | OWNERS
    file = tmp_path / "secret"
    file.write_text(f"{environ.pop(name)}\n", encoding="utf-8")
    (field,) = [field for field, one in declared(Settings) if one.name == name]
    settings = Settings.from_env(environ | {f"{name}_FILE": str(file)}, [field])
    assert getattr(settings, field)


def test_a_secret_in_the_environment_and_in_a_file_is_a_fault() -> None:
    with pytest.raises(BadSettings, match="MASTER_KEY and MASTER_KEY_FILE are both set"):
        Settings.from_env(GOOD | {"MASTER_KEY_FILE": "/nowhere/key"})


def test_what_a_role_needs_is_named_once_and_with_the_others() -> None:
    needed = ["registry_url", "client_id", "client_secret", "master_key"]
    with pytest.raises(BadSettings) as refusal:
        Settings.from_env(GOOD | {"MASTER_KEY": "x", "CLIENT_SECRET": "a b"}, needed)
    named = [fault.split()[0] for fault in refusal.value.faults]
    assert named == ["MASTER_KEY", "CLIENT_SECRET", "REGISTRY_URL", "CLIENT_ID"]


def test_a_client_without_its_secret_is_a_fault() -> None:
    with pytest.raises(BadSettings, match="CLIENT_SECRET is missing"):
        Settings.from_env(GOOD | {"CLIENT_ID": "x"})


def test_a_secret_file_that_is_not_there_is_a_fault() -> None:
    environ = {name: text for name, text in GOOD.items() if name != "MASTER_KEY"}
    with pytest.raises(BadSettings, match="MASTER_KEY_FILE"):
        Settings.from_env(environ | {"MASTER_KEY_FILE": "/nowhere/key"})


def test_a_service_adds_settings_of_its_own() -> None:
    assert MailSettings.from_env(GOOD | {"MAIL_URL": "http://mail/"}).mail_url == "http://mail"
    with pytest.raises(BadSettings, match="MAIL_URL is missing"):
        MailSettings.from_env(GOOD)


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(Settings.from_env(GOOD))
    assert "geheim" not in shown
    assert KEY not in shown
    assert repr(b"k" * 32) not in shown
