"""Generations of the signing key: known before they sign, and until their last token is over."""

from datetime import UTC, datetime, timedelta

import pytest

from eventkit.auth.keyring import FIRST, Generation, KeyRing
from eventkit.auth.keys import signing_key

MASTER = b"m" * 32
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENDS = NOON + timedelta(minutes=11)
OLD = Generation(number=1, signs_from=FIRST.signs_from, ends_at=ENDS)
NEW = Generation(number=2, signs_from=NOON)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ring(clock: Clock) -> KeyRing:
    ring = KeyRing(MASTER, clock)
    ring.replace([OLD, NEW])
    return ring


def kids(ring: KeyRing) -> list[str]:
    return [key["kid"] for key in ring.jwks()["keys"]]


def kid(generation: int) -> str:
    return str(signing_key(MASTER, generation).kid)


def test_the_first_generation_is_the_key_that_has_always_signed() -> None:
    assert KeyRing(MASTER).signing().kid == signing_key(MASTER).kid == kid(1)


def test_generations_have_different_keys() -> None:
    assert len({kid(number) for number in range(1, 20)}) == 19


def test_a_key_is_published_before_it_signs(ring: KeyRing, clock: Clock) -> None:
    clock.now -= timedelta(seconds=1)
    assert kids(ring) == [kid(1), kid(2)]
    assert ring.signing().kid == kid(1)
    clock.now += timedelta(seconds=1)
    assert ring.signing().kid == kid(2)


def test_an_old_key_verifies_until_it_ends(ring: KeyRing, clock: Clock) -> None:
    clock.now = ENDS - timedelta(seconds=1)
    assert ring.find(kid(1)) is not None
    clock.now = ENDS
    assert ring.find(kid(1)) is None
    assert kids(ring) == [kid(2)]


def test_an_urgent_key_signs_although_an_earlier_one_waits(ring: KeyRing, clock: Clock) -> None:
    waiting = Generation(number=2, signs_from=NOON + timedelta(minutes=5), ends_at=ENDS)
    urgent = Generation(number=3, signs_from=NOON)
    ring.replace([OLD, waiting, urgent])
    assert ring.signing().kid == kid(3)
    clock.now += timedelta(minutes=6)
    assert ring.signing().kid == kid(3)


def test_an_unknown_id_has_no_key(ring: KeyRing) -> None:
    assert ring.find("unknown") is None


def test_what_is_published_holds_nothing_private(ring: KeyRing) -> None:
    assert {frozenset(key) for key in ring.jwks()["keys"]} == {
        frozenset({"kty", "crv", "x", "y", "kid", "use", "alg"})
    }
