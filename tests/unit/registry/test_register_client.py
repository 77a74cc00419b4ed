"""RegisterClient: a role, and the tenant that the role asks for."""

from dataclasses import replace

import pytest

from contracts.events.registry import ClientRegistered
from eventkit.domain import Conflict, Invalid
from registry.domain.client import CLIENT, Client, RegisterClient

COMMAND = RegisterClient(
    client_id="client-1",
    name="Fachverfahren",
    role="organiser",
    secret_id="0a1b2c3d4e5f",
    secret_digest="0" * 64,
    scopes=("read",),
)


@pytest.mark.parametrize(
    ("role", "tenant"),
    [("organiser", None), ("municipality", "08231000"), ("district", "08116")],
)
def test_a_client_is_registered_with_the_tenant_of_its_role(role: str, tenant: str | None) -> None:
    (event,) = CLIENT.decide(None, replace(COMMAND, role=role, tenant=tenant))
    assert isinstance(event, ClientRegistered)
    assert (event.role, event.tenant) == (role, tenant)
    assert event.scopes == ("read",)
    one_secret: dict[str, None] = {"0a1b2c3d4e5f": None}
    assert CLIENT.evolve(None, event) == Client(client_id="client-1", secrets=one_secret)


@pytest.mark.parametrize(
    ("role", "tenant", "code"),
    [
        ("king", None, "unknown-role"),
        ("participant", None, "unknown-role"),
        ("organiser", "08231000", "needless-tenant"),
        ("municipality", None, "tenant-missing"),
        ("municipality", "08231", "tenant-missing"),
        ("municipality", "٠٨٢٣١٠٠٠", "tenant-missing"),
        ("municipality", "08231000\n", "tenant-missing"),
        ("district", "08231000", "tenant-missing"),
    ],
)
def test_role_and_tenant_have_to_fit(role: str, tenant: str | None, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        CLIENT.decide(None, replace(COMMAND, role=role, tenant=tenant))
    assert refused.value.code == code


def test_a_client_cannot_be_registered_twice() -> None:
    with pytest.raises(Conflict):
        CLIENT.decide(Client(client_id="client-1"), COMMAND)
