"""IssueSecret: a second secret, after which the first one ends."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.events.registry import ClientRegistered, ClientRevoked, ClientSecretIssued
from eventkit.domain import Conflict, NotFound
from eventkit.testing import given
from registry.domain.client import CLIENT, FIRST_SECRET, IssueSecret

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=24)
REGISTERED = ClientRegistered(
    client_id="c-1", name="Fachverfahren", role="organiser", secret_digest="d", secret_id="one"
)
SECOND = ClientSecretIssued(client_id="c-1", secret_id="two", secret_digest="e", older_end_at=LATER)


def third(at: datetime) -> IssueSecret:
    return IssueSecret(secret_id="three", secret_digest="f", at=at, older_end_at=at)


def test_a_second_secret_is_issued_with_the_end_of_the_first() -> None:
    command = IssueSecret(secret_id="two", secret_digest="e", at=NOW, older_end_at=LATER)
    assert given(CLIENT, REGISTERED).when(command) == [SECOND]


def test_there_is_no_third_secret_while_two_are_live() -> None:
    with pytest.raises(Conflict) as refused:
        given(CLIENT, REGISTERED, SECOND).when(third(LATER - timedelta(seconds=1)))
    assert refused.value.code == "two-secrets"


def test_a_third_secret_is_issued_once_the_first_has_ended() -> None:
    assert len(given(CLIENT, REGISTERED, SECOND).when(third(LATER))) == 1


def test_an_end_that_was_said_is_not_put_off() -> None:
    client = CLIENT.evolve(CLIENT.evolve(None, REGISTERED), SECOND)
    much_later = ClientSecretIssued(
        client_id="c-1",
        secret_id="three",
        secret_digest="f",
        older_end_at=LATER + timedelta(days=3),
    )
    after = CLIENT.evolve(client, much_later)
    assert after.secrets == {"one": LATER, "two": LATER + timedelta(days=3), "three": None}


def test_a_client_of_before_secrets_had_ids_gets_another_one() -> None:
    old = ClientRegistered(client_id="c-1", name="Alt", role="organiser", secret_digest="d")
    client = CLIENT.evolve(CLIENT.evolve(None, old), SECOND)
    assert client.secrets == {FIRST_SECRET: LATER, "two": None}


def test_a_revoked_client_gets_no_secret() -> None:
    revoked = ClientRevoked(client_id="c-1", reason="Schlüssel verloren")
    with pytest.raises(Conflict) as refused:
        given(CLIENT, REGISTERED, revoked).when(third(NOW))
    assert refused.value.code == "already-revoked"


def test_an_unknown_client_gets_no_secret() -> None:
    with pytest.raises(NotFound):
        given(CLIENT).when(third(NOW))
