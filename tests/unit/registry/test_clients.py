"""The read model of machine clients."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.codec import decode
from contracts.events.registry import (
    ClientRegistered,
    ClientRevoked,
    ClientSecretEnded,
    ClientSecretIssued,
)
from eventkit.testing import folded
from registry.projection.clients import CLIENTS, is_live

# When the kit's test events happen.
THEN = datetime(2020, 10, 16, 8, 0, tzinfo=UTC)
REGISTERED = ClientRegistered(
    client_id="c-1",
    name="Fachverfahren",
    role="district",
    tenant="08116",
    secret_id="one",
    secret_digest="d",
    scopes=("write", "read"),
)
REVOKED = ClientRevoked(client_id="c-1", reason="Schlüssel verloren")


def issued(secret_id: str, overlap: timedelta) -> ClientSecretIssued:
    return ClientSecretIssued(
        client_id="c-1", secret_id=secret_id, secret_digest="e", older_end_at=THEN + overlap
    )


def test_a_registered_client_is_active_with_role_tenant_and_scopes() -> None:
    row = folded(CLIENTS, [REGISTERED])["c-1",]
    assert (row["role"], row["tenant"], row["active"]) == ("district", "08116", True)
    assert row["scopes"] == ["read", "write"]


def test_a_revoked_client_is_no_longer_active() -> None:
    row = folded(CLIENTS, [REGISTERED, REVOKED])["c-1",]
    assert (row["active"], row["revoked_at"] is not None) == (False, True)


def test_an_older_secret_lives_until_the_end_of_the_overlap() -> None:
    row = folded(CLIENTS, [REGISTERED, issued("two", timedelta(hours=2))])["c-1",]
    older, newer = row["secrets"]["one"], row["secrets"]["two"]
    assert is_live(older, THEN + timedelta(hours=1, minutes=59))
    assert not is_live(older, THEN + timedelta(hours=2))
    assert is_live(newer, THEN + timedelta(days=9999))


def test_a_secret_that_ended_is_forgotten_with_the_next_one() -> None:
    events = [REGISTERED, issued("two", timedelta(0)), issued("three", timedelta(hours=1))]
    assert set(folded(CLIENTS, events)["c-1",]["secrets"]) == {"two", "three"}


def test_a_secret_that_was_ended_is_gone() -> None:
    ended = ClientSecretEnded(client_id="c-1", secret_id="one")
    row = folded(CLIENTS, [REGISTERED, issued("two", timedelta(hours=2)), ended])["c-1",]
    assert set(row["secrets"]) == {"two"}


@pytest.mark.parametrize(
    ("role", "scopes"),
    [("municipality", ["read", "write"]), ("operator", ["admin", "read", "write"])],
)
def test_a_client_of_before_scopes_has_those_of_its_role(role: str, scopes: list[str]) -> None:
    stored = f'{{"client_id":"c-1","name":"Alt","role":"{role}","secret_digest":"d"}}'
    row = folded(CLIENTS, [decode("client.registered.v1", stored)])["c-1",]
    assert (row["scopes"], set(row["secrets"])) == (scopes, {"first"})
