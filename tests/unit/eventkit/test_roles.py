"""What a role needs of the settings is asked for before it starts."""

from base64 import b64encode
from dataclasses import replace
from pathlib import Path

import pytest

from eventkit.health import Readiness
from eventkit.leaving import Leaving
from eventkit.loops import Bell
from eventkit.roles import Roles
from eventkit.service import Service, Subscription
from eventkit.settings import BadSettings, Settings

KEY = b64encode(b"k" * 32).decode()
BARE = Settings.from_env(
    {
        "DATABASE_URL": "postgresql://db.example.org/x",
        "KEY_DATABASE_URL": "postgresql://db.example.org/y",
        "MASTER_KEY": KEY,
        "CHAIN_KEY": KEY,
    }
)
NOTHING = Path(__file__).parent / "no migrations"
FOLLOWER = Service(
    name="follower", subscriptions=(Subscription(source="meetings"),), migrations=NOTHING
)


def roles(service: Service, settings: Settings) -> Roles:
    readiness = Readiness(service, settings)
    return Roles(
        service=service,
        settings=settings,
        bell=Bell(),
        readiness=readiness,
        leaving=Leaving(),
    )


def missing(role: str, settings: Settings) -> list[str]:
    with pytest.raises(BadSettings) as refusal:
        roles(FOLLOWER, settings).names(role)
    return [fault.split()[0] for fault in refusal.value.faults]


def test_all_that_is_missing_is_named_at_once() -> None:
    assert missing("api", BARE) == ["REGISTRY_URL"]
    wanted = ["CLIENT_ID", "CLIENT_SECRET", "MEETINGS_URL", "REGISTRY_URL"]
    assert missing("consumer", BARE) == wanted
    # Whoever hears of erasures acknowledges them.
    assert missing("worker", BARE) == wanted
    assert missing("all", BARE) == wanted
    assert missing("all", replace(BARE, client_id="c", client_secret="s")) == wanted[2:]


def test_who_issues_tokens_and_follows_nobody_needs_none_of_it() -> None:
    issuer = Service(name="issuer", migrations=NOTHING, issues_tokens=True)
    assert roles(issuer, BARE).names("all") == ("api", "worker")
