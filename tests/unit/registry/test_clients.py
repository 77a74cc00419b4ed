"""The read model of machine clients."""

from contracts.events.registry import ClientRegistered, ClientRevoked
from eventkit.testing import folded
from registry.projection.clients import CLIENTS

REGISTERED = ClientRegistered(
    client_id="c-1", name="Fachverfahren", role="district", tenant="08116", secret_digest="d"
)
REVOKED = ClientRevoked(client_id="c-1", reason="Schlüssel verloren")


def test_a_registered_client_is_active_with_role_and_tenant() -> None:
    row = folded(CLIENTS, [REGISTERED])["c-1",]
    assert (row["role"], row["tenant"], row["active"]) == ("district", "08116", True)


def test_a_revoked_client_is_no_longer_active() -> None:
    row = folded(CLIENTS, [REGISTERED, REVOKED])["c-1",]
    assert (row["active"], row["revoked_at"] is not None) == (False, True)
