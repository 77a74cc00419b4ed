"""What is written to .env is what was given, whatever signs it has."""

from pathlib import Path

import pytest

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


def test_what_compose_would_read_as_something_else_is_refused(env: EnvFile) -> None:
    before = env.path.read_bytes()
    for name, value in (("SMTP_URL", "it's"), ("SMTP_URL", "a\nB=c"), ("EDGE_DOMIAN", "netz")):
        with pytest.raises(StartFailed):
            set_one(env, name, value)
    assert env.path.read_bytes() == before
