"""Machine clients that may ask for tokens, and what their role ties them to.

Pure: no I/O, no clock; secrets arrive as digests.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from contracts.events.registry import ClientEvent, ClientRegistered, ClientRevoked
from eventkit.domain import Aggregate, Conflict, Invalid, NotFound

TENANT_FORMS: Mapping[str, re.Pattern[str]] = {
    "municipality": re.compile(r"[0-9]{8}\Z"),
    "district": re.compile(r"[0-9]{5}\Z"),
}
ROLES = frozenset(
    {"organiser", "steering_group", "moderator", "operator", "service", *TENANT_FORMS}
)


@dataclass(frozen=True, kw_only=True)
class RegisterClient:
    client_id: str
    name: str
    role: str
    secret_digest: str
    tenant: str | None = None


@dataclass(frozen=True, kw_only=True)
class RevokeClient:
    reason: str


ClientCommand = RegisterClient | RevokeClient


@dataclass(frozen=True, kw_only=True)
class Client:
    client_id: str
    revoked: bool = False


def decide(client: Client | None, command: ClientCommand) -> list[ClientEvent]:
    match command:
        case RegisterClient():
            return register(client, command)
        case RevokeClient():
            return revoke(client, command)
    assert_never(command)


def evolve(client: Client | None, event: ClientEvent) -> Client:
    match event:
        case ClientRegistered():
            return Client(client_id=event.client_id)
        case ClientRevoked():
            return replace(_existing(client), revoked=True)
    assert_never(event)


def register(client: Client | None, command: RegisterClient) -> list[ClientEvent]:
    if client is not None:
        raise Conflict("already-registered", "A client with this id exists.")
    if command.role not in ROLES:
        raise Invalid("unknown-role", "No client can have this role.", pointer="/role")
    _refuse_wrong_tenant(command)
    return [
        ClientRegistered(
            client_id=command.client_id,
            name=command.name,
            role=command.role,
            secret_digest=command.secret_digest,
            tenant=command.tenant,
        )
    ]


def revoke(client: Client | None, command: RevokeClient) -> list[ClientEvent]:
    present = _existing(client)
    if present.revoked:
        raise Conflict("already-revoked", "This client is already revoked.")
    return [ClientRevoked(client_id=present.client_id, reason=command.reason)]


def _refuse_wrong_tenant(command: RegisterClient) -> None:
    form = TENANT_FORMS.get(command.role)
    if form is None and command.tenant is not None:
        raise Invalid("needless-tenant", "This role has no tenant.", pointer="/tenant")
    if form is not None and not form.match(command.tenant or ""):
        raise Invalid(
            "tenant-missing",
            "A municipality's client names its 8 digits, a district's its 5.",
            pointer="/tenant",
        )


def _existing(client: Client | None) -> Client:
    if client is None:
        raise NotFound("unknown-client", "There is no such client.")
    return client


CLIENT = Aggregate(name="client", decide=decide, evolve=evolve)
