"""docs/settings.md is what the code declares, and every setting says what it is for."""

import pytest

from eventkit.settings import declared
from local.settings_page import PAGE, SERVICES, page


def test_the_reference_is_what_the_code_declares() -> None:
    assert PAGE.read_text("utf-8") == page(), "Run: make settings"


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_says_what_it_is_for_and_who_reads_it(service: str) -> None:
    settings = [one for _, one in declared(SERVICES[service])]
    assert [one.name for one in settings if not (one.about and one.read_by and one.form.says)] == []


@pytest.mark.parametrize("service", SERVICES)
def test_whatever_is_a_key_a_password_or_a_secret_may_stand_in_a_file(service: str) -> None:
    words = ("KEY", "SECRET", "PASSWORD", "DATABASE_URL", "SMTP_URL")
    named = [one for _, one in declared(SERVICES[service]) if one.name.endswith(words)]
    assert [one.name for one in named if not one.secret] == []


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_has_a_default_that_opens_anything(service: str) -> None:
    secrets = {one.name: one.default for _, one in declared(SERVICES[service]) if one.secret}
    # Mail without a password to a port of this machine.
    assert secrets.pop("SMTP_URL", "smtp://127.0.0.1:8425") == "smtp://127.0.0.1:8425"
    assert not any(isinstance(default, str | bytes) for default in secrets.values())
