"""EndSecret: one of two secrets, at once."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.events.registry import (
    ClientRegistered,
    ClientRevoked,
    ClientSecretEnded,
    ClientSecretIssued,
)
from eventkit.domain import Conflict, NotFound
from eventkit.testing import given
from registry.domain.client import CLIENT, EndSecret

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=24)
REGISTERED = ClientRegistered(
    client_id="c-1", name="Fachverfahren", role="organiser", secret_digest="d", secret_id="one"
)
SECOND = ClientSecretIssued(client_id="c-1", secret_id="two", secret_digest="e", older_end_at=LATER)
ENDED = ClientSecretEnded(client_id="c-1", secret_id="one")


@pytest.mark.parametrize("which", ["one", "two"])
def test_either_of_two_secrets_can_be_ended(which: str) -> None:
    (event,) = given(CLIENT, REGISTERED, SECOND).when(EndSecret(secret_id=which, at=NOW))
    assert event == ClientSecretEnded(client_id="c-1", secret_id=which)


def test_the_only_secret_stays() -> None:
    with pytest.raises(Conflict) as refused:
        given(CLIENT, REGISTERED).when(EndSecret(secret_id="one", at=NOW))
    assert refused.value.code == "last-secret"


def test_a_secret_is_the_last_one_when_the_other_has_ended_by_itself() -> None:
    with pytest.raises(Conflict) as refused:
        given(CLIENT, REGISTERED, SECOND).when(EndSecret(secret_id="two", at=LATER))
    assert refused.value.code == "last-secret"


@pytest.mark.parametrize("which", ["one", "unknown"])
def test_a_secret_that_is_gone_or_never_was_cannot_be_ended(which: str) -> None:
    with pytest.raises(NotFound):
        given(CLIENT, REGISTERED, SECOND, ENDED).when(EndSecret(secret_id=which, at=NOW))


def test_a_revoked_client_has_no_secrets_to_end() -> None:
    revoked = ClientRevoked(client_id="c-1", reason="Schlüssel verloren")
    with pytest.raises(Conflict):
        given(CLIENT, REGISTERED, SECOND, revoked).when(EndSecret(secret_id="two", at=NOW))
