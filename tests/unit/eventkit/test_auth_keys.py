"""Keys of another service: fetched once, kept while it is silent, never fetched on demand."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey

from eventkit.auth import keys
from eventkit.auth.keys import KeysUnavailable, RemoteKeys, signing_key
from eventkit.auth.tokens import Signer
from tests.unit.eventkit.clock import Clock

KEY, NEXT_KEY = signing_key(b"m" * 32), signing_key(b"n" * 32)
RSA = RSAKey.generate_key(2048)
KID, NEXT_KID = str(KEY.kid), str(NEXT_KEY.kid)


class Issuer:
    """Answers with its keys, or not at all; counts how often it was asked."""

    def __init__(self) -> None:
        self.keys = [KEY]
        self.answer: Any = None
        self.asked = 0

    def fetch(self, _: str) -> Any:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            return self.answer
        return {"keys": [key for one in self.keys for key in Signer(one, "", "").jwks()["keys"]]}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(keys, "monotonic", clock)
    return clock


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


def remote(issuer: Issuer) -> RemoteKeys:
    return RemoteKeys("https://registry.example.org/jwks", fetch=issuer.fetch)


def test_a_known_key_is_fetched_once(issuer: Issuer) -> None:
    known = remote(issuer)
    for _ in range(1000):
        assert known.find(KID) is not None
    assert issuer.asked == 1


def test_a_thousand_unknown_keys_cost_one_request_a_minute(clock: Clock, issuer: Issuer) -> None:
    known = remote(issuer)
    known.find(KID)
    clock.now += 61
    for number in range(1000):
        clock.now += 0.05
        assert known.find(f"unknown-{number}") is None
    assert issuer.asked == 2


def test_a_new_key_is_found_within_a_minute(clock: Clock, issuer: Issuer) -> None:
    known = remote(issuer)
    known.find(KID)
    issuer.keys = [KEY, NEXT_KEY]
    assert known.find(NEXT_KID) is None
    clock.now += 61
    assert known.find(NEXT_KID) is not None


def test_a_withdrawn_key_is_forgotten_after_five_minutes(clock: Clock, issuer: Issuer) -> None:
    known = remote(issuer)
    known.find(KID)
    issuer.keys = [NEXT_KEY]
    clock.now += 301
    assert known.find(KID) is None


@pytest.mark.parametrize(
    "answer",
    [httpx.ConnectError("away"), ValueError("no JSON"), {}, [], {"keys": [{"kty": "EC"}]}, "x"],
)
def test_keys_are_kept_while_their_issuer_is_silent(
    clock: Clock, issuer: Issuer, answer: object
) -> None:
    known = remote(issuer)
    known.find(KID)
    issuer.answer = answer
    clock.now += 3600
    assert known.find(KID) is not None


def test_without_any_key_nobody_is_judged_and_the_issuer_is_asked_once_a_second(
    clock: Clock, issuer: Issuer
) -> None:
    issuer.answer = httpx.ConnectError("away")
    known = remote(issuer)
    for _ in range(100):
        clock.now += 0.009
        with pytest.raises(KeysUnavailable):
            known.find(KID)
    assert issuer.asked == 1
    issuer.answer = None
    clock.now += 1.1
    assert known.find(KID) is not None


def test_who_waited_for_a_slow_issuer_does_not_ask_again(clock: Clock, issuer: Issuer) -> None:
    def slow(_: str) -> Any:
        issuer.asked += 1
        clock.now += 3
        raise httpx.ConnectTimeout("silent")

    known = RemoteKeys("https://idp.example.org/jwks", fetch=slow)
    for _ in range(10):
        with pytest.raises(KeysUnavailable):
            known.find(KID)
    assert issuer.asked == 1


def test_a_slow_issuer_holds_up_one_thread_alone() -> None:
    asked, answered = Event(), Event()

    def slow(_: str) -> Any:
        asked.set()
        answered.wait(30)
        return Signer(KEY, "", "").jwks()

    known = RemoteKeys("https://idp.example.org/jwks", fetch=slow, wait=0.001)
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(known.find, KID)
        assert asked.wait(30)
        with pytest.raises(KeysUnavailable):
            known.find(KID)
        answered.set()
        assert first.result(30) is not None
    assert known.find(KID) is not None


class Slow(Issuer):
    """Answers when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.reached, self.answers = Event(), Event()

    def fetch(self, url: str) -> Any:
        self.reached.set()
        assert self.answers.wait(5), "somebody waited for the issuer"
        return super().fetch(url)

    @contextmanager
    def asked_for(self, known: RemoteKeys) -> Iterator[None]:
        """While somebody waits for it."""
        self.reached.clear()
        self.answers.clear()
        with ThreadPoolExecutor(1) as threads:
            fetching = threads.submit(known.find, KID)
            assert self.reached.wait(30)
            yield
            self.answers.set()
            assert not isinstance(fetching.exception(30), AssertionError)


def test_who_has_a_known_key_waits_for_nobody(clock: Clock) -> None:
    slow = Slow()
    # Who waited at all would outlast the issuer.
    known = RemoteKeys("https://idp.example.org/jwks", fetch=slow.fetch, wait=3600)
    slow.answers.set()
    known.find(KID)
    clock.now += 301
    with slow.asked_for(known):
        assert known.find(KID) is not None


def test_nobody_waits_again_for_an_issuer_that_failed(clock: Clock) -> None:
    slow = Slow()
    slow.answer = httpx.ConnectTimeout("silent")
    known = RemoteKeys("https://idp.example.org/jwks", fetch=slow.fetch, wait=3600)
    slow.answers.set()
    with pytest.raises(KeysUnavailable):
        known.find(KID)
    clock.now += 2
    with slow.asked_for(known), pytest.raises(KeysUnavailable):
        known.find(KID)


@pytest.mark.parametrize(
    "broken",
    [
        {"n": 5},
        {"n": "%" * 400},
        {"n": None},
        {"e": ["AQAB"]},
        {"kid": 7},
        {"kid": None},
        {"kty": ["RSA"]},
        {"crv": {}},
        {"use": 1},
        "a string",
        7,
        None,
        [],
    ],
)
def test_a_malformed_key_spoils_no_other_one(broken: Any) -> None:
    good = {**RSA.as_dict(private=False), "kid": "good"}
    bad = {**good, "kid": "bad", **broken} if isinstance(broken, dict) else broken
    known = RemoteKeys(
        "https://idp.example.org/jwks",
        algorithms=("RS256", "ES256", "EdDSA"),
        fetch=lambda _: {"keys": [bad, good, bad]},
    )
    assert known.find("good") is not None
    assert known.find("bad") is None
