"""RevokeClient: no more tokens."""

import pytest

from contracts.events.registry import ClientRevoked
from eventkit.domain import Conflict, NotFound
from registry.domain.client import CLIENT, Client, RevokeClient

COMMAND = RevokeClient(reason="Schlüssel verloren")


def test_a_client_is_revoked_with_a_reason() -> None:
    client = Client(client_id="client-1")
    (event,) = CLIENT.decide(client, COMMAND)
    assert event == ClientRevoked(client_id="client-1", reason="Schlüssel verloren")
    assert CLIENT.evolve(client, event).revoked


def test_a_client_cannot_be_revoked_twice() -> None:
    with pytest.raises(Conflict):
        CLIENT.decide(Client(client_id="client-1", revoked=True), COMMAND)


def test_an_unknown_client_cannot_be_revoked() -> None:
    with pytest.raises(NotFound):
        CLIENT.decide(None, COMMAND)
