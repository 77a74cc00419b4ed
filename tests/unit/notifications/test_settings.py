"""The settings of notifications beside those of every service."""

from base64 import b64encode

import pytest

from eventkit.settings import BadSettings
from notifications.delivery.webhooks import rules_of
from notifications.settings import NotificationSettings

KEY = b64encode(b"k" * 32).decode()
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://127.0.0.1/notifications",
    "KEY_DATABASE_URL": "postgresql://127.0.0.1/notifications_keys",
    "MASTER_KEY": KEY,
    "CHAIN_KEY": KEY,
    "ORGANIZER_MAILBOX": "netzwerk@Stadt.example.org",
}


def test_without_a_mail_domain_ids_end_in_that_of_the_mailbox() -> None:
    assert NotificationSettings.from_env(ENVIRONMENT).sender.domain == "stadt.example.org"
    named = ENVIRONMENT | {"MAIL_DOMAIN": "example.org"}
    assert NotificationSettings.from_env(named).sender.domain == "example.org"


def test_loopback_needs_to_be_asked_for() -> None:
    assert not rules_of(NotificationSettings.from_env(ENVIRONMENT)).allow_loopback


def test_our_own_public_names_are_no_place_for_webhooks() -> None:
    public = ENVIRONMENT | {
        "PUBLIC_URL": "https://Netz.example.org/api",
        "REGISTRY_URL": "http://registry:8401",
    }
    rules = rules_of(NotificationSettings.from_env(public))
    assert rules.own_hosts == {"netz.example.org", "registry"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORGANIZER_MAILBOX", "netzwerk"),
        ("ORGANIZER_MAILBOX", "a@example.org\nBcc: b@example.org"),
        ("MAIL_DOMAIN", "exa mple.org"),
        ("SMTP_URL", "http://127.0.0.1"),
        ("ALLOW_LOOPBACK_WEBHOOKS", "maybe"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        NotificationSettings.from_env(ENVIRONMENT | {name: value})
