"""What is written to .env is what was given, whatever signs it has."""

from io import StringIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from local import env_file
from local.env_file import EXAMPLE, EnvFile, set_one, write_new
from local.processes import StartFailed

NASTY = r'smtps://n:a&b\c|d$e${f}"g #h\n;i`j@mail.example.org'


@pytest.fixture
def env(tmp_path: Path) -> EnvFile:
    made = EnvFile(tmp_path / ".env")
    write_new(made.path)
    return made


def test_a_value_is_kept_as_it_was_given(env: EnvFile) -> None:
    for value in (NASTY, "netz.example.org", "10/minute", "Geschäftsstelle des Netzwerks"):
        set_one(env, "SMTP_URL", value)
        assert env.get("SMTP_URL") == value
    assert env.path.read_text("utf-8").count("SMTP_URL=") == 1
    assert env.path.stat().st_mode & 0o777 == 0o600


def test_what_needs_no_quotes_has_none(env: EnvFile) -> None:
    """Shell scripts read these lines as well."""
    set_one(env, "REGISTRY_PUBLIC_URL", "https://registry.netz.example.org:8443")
    assert "\nREGISTRY_PUBLIC_URL=https://registry.netz.example.org:8443\n" in env.path.read_text()


def test_a_setting_takes_the_place_of_its_default(env: EnvFile) -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    set_one(env, "EDGE_PORT", "443")
    now = env.path.read_text("utf-8").splitlines()
    assert now.index("EDGE_PORT=443") == lines.index("#EDGE_PORT=8443")
    assert len(now) == len(lines)


def test_a_password_is_asked_for_and_encoded(
    env: EnvFile, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(env_file, "CHECKOUT", env.path.parent)
    monkeypatch.setattr("sys.argv", ["", "SMTP_URL", "smtps://netz@mail.example.org", "--password"])
    monkeypatch.setattr("sys.stdin", StringIO("p@ss: '$/%\n"))
    assert env_file.main() == 0
    found = env.get("SMTP_URL")
    assert found == "smtps://netz:p%40ss%3A%20%27%24%2F%25@mail.example.org"
    assert unquote(urlsplit(found).password or "") == "p@ss: '$/%"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("url", ["smtp://mail:8025", "smtps://netz:x@mail.example.org", "netz"])
def test_a_password_without_a_user_or_beside_another_one_is_refused(url: str) -> None:
    with pytest.raises(StartFailed, match="wants a URL with a user and no password"):
        env_file.with_password(url, "x")


def test_an_empty_password_is_none() -> None:
    with pytest.raises(StartFailed, match="and then the password"):
        env_file.with_password("smtps://netz@mail.example.org", "")


def test_what_compose_would_read_as_something_else_is_refused(env: EnvFile) -> None:
    before = env.path.read_bytes()
    for name, value in (("SMTP_URL", "it's"), ("SMTP_URL", "a\nB=c"), ("EDGE_DOMIAN", "netz")):
        with pytest.raises(StartFailed):
            set_one(env, name, value)
    assert env.path.read_bytes() == before
