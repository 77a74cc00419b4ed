"""What a role needs of the settings is asked for before it starts."""

from base64 import b64encode
from pathlib import Path

import pytest

from eventkit.needs import NothingToDo, needed, single_roles
from eventkit.service import Service, Subscription
from eventkit.settings import BadSettings, Settings

KEY = b64encode(b"k" * 32).decode()
BARE = {
    "DATABASE_URL": "postgresql://db.example.org/x",
    "KEY_DATABASE_URL": "postgresql://db.example.org/y",
    "MASTER_KEY": KEY,
    "CHAIN_KEY": KEY,
}
BROKER = BARE | {"KAFKA_BOOTSTRAP_SERVERS": "broker.example.org:9092"}
NOTHING = Path(__file__).parent / "no migrations"
FOLLOWER = Service(
    name="follower", subscriptions=(Subscription(source="meetings"),), migrations=NOTHING
)
ISSUER = Service(name="issuer", migrations=NOTHING, issues_tokens=True)


def missing(role: str, **more: str) -> list[str]:
    with pytest.raises(BadSettings) as refusal:
        Settings.from_env(BARE | more, needed(FOLLOWER, role))
    return sorted(fault.split()[0] for fault in refusal.value.faults)


def roles(service: Service, role: str, environ: dict[str, str]) -> tuple[str, ...]:
    return single_roles(service, Settings.from_env(environ), role)


def test_all_that_is_missing_is_named_at_once() -> None:
    assert missing("api") == ["REGISTRY_URL"]
    wanted = ["CLIENT_ID", "CLIENT_SECRET", "MEETINGS_URL", "REGISTRY_URL"]
    assert missing("consumer") == wanted
    # Whoever hears of erasures acknowledges them.
    assert missing("worker") == wanted
    assert missing("all") == wanted
    assert missing("all", CLIENT_ID="c", CLIENT_SECRET="s") == wanted[2:]


@pytest.mark.parametrize("role", ["api", "relay", "consumer", "worker", "all"])
def test_who_issues_tokens_and_follows_nobody_needs_none_of_it(role: str) -> None:
    assert needed(ISSUER, role) == []


def test_all_is_what_the_service_and_its_settings_have() -> None:
    assert roles(ISSUER, "all", BARE) == ("api", "worker")
    assert roles(ISSUER, "all", BROKER) == ("api", "relay", "worker")
    assert roles(FOLLOWER, "all", BROKER) == ("api", "relay", "consumer", "worker")


def test_a_role_that_would_have_nothing_to_do_is_refused() -> None:
    assert roles(ISSUER, "relay", BROKER) == ("relay",)
    with pytest.raises(NothingToDo, match="nothing to relay to"):
        roles(ISSUER, "relay", BARE)
    with pytest.raises(NothingToDo, match="issuer follows no other service"):
        roles(ISSUER, "consumer", BROKER)
