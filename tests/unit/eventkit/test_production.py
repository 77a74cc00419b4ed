"""With MODE=production nothing starts that was meant for development, or that anybody guesses."""

from base64 import b64encode
from pathlib import Path

import pytest

from eventkit.settings import BadSettings, Settings
from notifications.settings import NotificationSettings


def key(first: int) -> str:
    """32 bytes, all different."""
    return b64encode(bytes(range(first, first + 32))).decode()


PASSWORD = "9f8ae4c2d70b5361"
GOOD = {
    "MODE": "production",
    "DATABASE_URL": f"postgresql://service:{PASSWORD}@db.example.org/x",
    "KEY_DATABASE_URL": f"postgresql://service:{PASSWORD}@db.example.org/y",
    "MASTER_KEY": key(0),
    "CHAIN_KEY": key(100),
    "PUBLIC_URL": "https://registry.netz.example.org",
}


def faults(**wrong: str) -> list[str]:
    with pytest.raises(BadSettings) as refusal:
        NotificationSettings.from_env(GOOD | {"ORGANIZER_MAILBOX": "a@example.org"} | wrong)
    return refusal.value.faults


def test_random_secrets_are_taken() -> None:
    assert Settings.from_env(GOOD).public_url == "https://registry.netz.example.org"


@pytest.mark.parametrize("name", ["ALLOW_LOOPBACK_WEBHOOKS", "ALLOW_CRASH_POINTS"])
def test_what_is_for_development_is_refused(name: str) -> None:
    assert [fault.split()[0] for fault in faults(**{name: "true"})] == [name]


@pytest.mark.parametrize(
    "password",
    ["", "service", "short", "netztreff-password", "changeme1234567", "aaaaaaaaaaaaaaaa"],
)
def test_a_password_that_anybody_guesses_is_refused_without_being_told(password: str) -> None:
    url = f"postgresql://service:{password}@db.example.org/x"
    (fault,) = faults(DATABASE_URL=url)
    assert fault.startswith("The password in DATABASE_URL is easily guessed")
    assert not password or f" {password}" not in fault


def test_a_database_that_asks_for_no_password_is_fine() -> None:
    assert Settings.from_env(GOOD | {"DATABASE_URL": "postgresql://service@db.example.org/x"})


@pytest.mark.parametrize("user", ["user", "user%40example.org"])
@pytest.mark.parametrize("password", ["", "1234", "user", "user%40example.org"])
def test_a_mail_servers_password_is_judged_as_a_databases_is(user: str, password: str) -> None:
    (fault,) = faults(SMTP_URL=f"smtps://{user}:{password}@mail.example.org")
    assert fault.startswith("The password in SMTP_URL is easily guessed")
    assert "1234" not in fault


@pytest.mark.parametrize("url", ["smtp://mail:8025", f"smtps://user:{PASSWORD}@mail.example.org"])
def test_a_mail_server_that_asks_for_no_password_or_a_random_one_is_fine(url: str) -> None:
    good = GOOD | {"ORGANIZER_MAILBOX": "a@example.org", "SMTP_URL": url}
    assert NotificationSettings.from_env(good).smtp_url == url


def test_a_client_secret_is_judged_whole_whatever_it_looks_like() -> None:
    (fault,) = faults(CLIENT_ID="x", CLIENT_SECRET="a://b")
    assert fault.startswith("CLIENT_SECRET is easily guessed")


def test_keys_that_are_not_random_or_the_same_are_refused() -> None:
    same = b64encode(b"k" * 32).decode()
    assert [fault.split()[0] for fault in faults(MASTER_KEY=same)] == ["MASTER_KEY"]
    assert [fault.split()[0] for fault in faults(CHAIN_KEY=key(0))] == ["CHAIN_KEY"]


def test_a_public_address_is_needed_and_all_faults_are_told_together() -> None:
    wrong = faults(PUBLIC_URL="", CLIENT_ID="x", CLIENT_SECRET="secret", HTTP_BIND="x")
    assert sorted(fault.split()[0] for fault in wrong) == [
        "CLIENT_SECRET",
        "HTTP_BIND",
        "PUBLIC_URL",
    ]


def test_a_public_address_that_is_none_is_one_fault() -> None:
    assert faults(PUBLIC_URL="registry") == ["PUBLIC_URL must be a URL such as http://…."]


def test_a_secret_from_a_file_is_judged_as_any_other(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql://service:service@db.example.org/x\n", encoding="utf-8")
    (fault,) = faults(DATABASE_URL="", DATABASE_URL_FILE=str(file))
    assert fault.startswith("The password in DATABASE_URL")


def test_what_is_missing_is_named_and_nothing_else_is_said_of_it() -> None:
    with pytest.raises(BadSettings) as refusal:
        Settings.from_env({"MODE": "production"})
    named = [fault.split()[0] for fault in refusal.value.faults]
    wanted = ["DATABASE_URL", "KEY_DATABASE_URL", "MASTER_KEY", "CHAIN_KEY", "PUBLIC_URL"]
    assert named == wanted
