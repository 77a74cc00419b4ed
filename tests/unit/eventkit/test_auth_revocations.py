"""Revoked clients: refused as soon as the list tells, and as before while no list comes."""

from base64 import b64encode
from collections.abc import Collection
from math import inf
from threading import Event, current_thread
from time import time

import httpx
import pytest
from structlog.testing import capture_logs

from eventkit.auth import revocations
from eventkit.auth.client import service_client
from eventkit.auth.keys import OwnKeys, signing_key
from eventkit.auth.principal import Principal
from eventkit.auth.revocations import Repeated, Revocations
from eventkit.auth.tokens import BadToken, OwnIssuer, Signer, Verifier
from eventkit.metrics import REVOCATIONS_CAME
from eventkit.settings import BadSettings, Settings
from tests.unit.eventkit.clock import Clock

KEY = signing_key(b"m" * 32)
SECRET = b64encode(b"k" * 32).decode()
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://x/x",
    "KEY_DATABASE_URL": "postgresql://x/x",
    "MASTER_KEY": SECRET,
    "CHAIN_KEY": SECRET,
    "REGISTRY_URL": "https://registry.example.org",
    "CLIENT_ID": "meetings",
    "CLIENT_SECRET": "secret",
}
# The token is made once, so it is judged at the time of its making.
NOW = time()
TOKEN = Signer(KEY, "issuer", "audience").sign(Principal("c-1", "organiser"))


class Source:
    def __init__(self) -> None:
        self.revoked: list[str] = []
        self.fails: Exception | None = None

    def __call__(self) -> Collection[str]:
        if self.fails:
            raise self.fails
        return list(self.revoked)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(revocations, "time", clock)
    return clock


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def known(clock: Clock, source: Source) -> Revocations:
    assert clock.now
    return Revocations("unit", source)


def verifier(known: Revocations) -> Verifier:
    issuer = OwnIssuer("issuer", "audience", OwnKeys(KEY))
    return Verifier([issuer], is_revoked=known.holds, now=lambda: NOW)


def gauge() -> float:
    (value,) = [
        sample.value
        for metric in REVOCATIONS_CAME.collect()
        for sample in metric.samples
        if sample.labels["service"] == "unit"
    ]
    return value


def test_a_token_of_a_revoked_client_is_refused_although_it_was_remembered(
    known: Revocations, source: Source
) -> None:
    judge = verifier(known)
    assert judge.verify(TOKEN).subject == "c-1"
    source.revoked = ["c-1"]
    assert judge.verify(TOKEN).subject == "c-1"
    known.refresh()
    with pytest.raises(BadToken):
        judge.verify(TOKEN)


def test_tokens_of_others_stay_good(known: Revocations, source: Source) -> None:
    source.revoked = ["c-2"]
    known.refresh()
    assert verifier(known).verify(TOKEN).subject == "c-1"


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("away"), ValueError("no JSON"), KeyError("items"), TypeError()]
)
def test_a_stale_list_is_kept_and_its_age_is_told(
    known: Revocations, source: Source, clock: Clock, failure: Exception
) -> None:
    source.revoked = ["c-1"]
    clock.now += 5
    known.refresh()
    assert gauge() == 1005
    source.fails = failure
    clock.now += 90
    known.refresh()
    assert known.holds("c-1")
    assert (known.age, gauge()) == (90, 1005)
    source.fails = None
    known.refresh()
    assert (known.age, gauge()) == (0, 1095)


def test_a_list_that_never_came_is_as_old_as_its_process(
    known: Revocations, source: Source, clock: Clock
) -> None:
    assert gauge() == 1000
    source.fails = httpx.ConnectError("away")
    clock.now += 30
    known.refresh()
    assert (known.holds("c-1"), known.age, gauge()) == (False, 30, 1000)


def test_a_step_is_repeated_in_a_thread_until_it_is_closed() -> None:
    threads, three = [], Event()

    def step() -> None:
        threads.append(current_thread())
        if len(threads) == 3:
            three.set()

    repeated = Repeated("steps", step, 0.001)
    assert three.wait(10)
    repeated.close()
    assert current_thread() not in threads
    assert not any(thread.is_alive() for thread in threads)


def test_a_step_that_raises_what_nobody_expected_is_logged_and_repeated() -> None:
    three = Event()
    count = 0

    def step() -> None:
        nonlocal count
        count += 1
        if count == 3:
            three.set()
        raise ArithmeticError("a secret")

    with capture_logs() as logs:
        repeated = Repeated("steps", step, 0.001)
        assert three.wait(10)
        repeated.close()
    assert {(line["event"], line["step"], line["error"]) for line in logs} == {
        ("crashed", "steps", "ArithmeticError")
    }
    assert "a secret" not in str(logs)


def test_a_revocation_is_heard_of_within_a_minute_however_seldom_an_operator_lets_ask() -> None:
    def every(**told: str) -> int:
        return Settings.from_env({**ENVIRONMENT, **told}).trust_refresh_seconds

    settings = Settings.from_env(ENVIRONMENT)
    with service_client("https://registry.example.org", settings) as client:
        takes = client.timeout.read or inf
    assert every() + takes < 60
    assert every(TRUST_REFRESH_SECONDS="45") + takes < 60
    with pytest.raises(BadSettings):
        every(TRUST_REFRESH_SECONDS="46")
