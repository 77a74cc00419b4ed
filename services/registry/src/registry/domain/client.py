"""Machine clients that may ask for tokens, by up to two secrets, and what their role ties them to.

Pure: no I/O, no clock; secrets arrive as digests.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

from contracts.events.registry import (
    ClientEvent,
    ClientRegistered,
    ClientRevoked,
    ClientSecretEnded,
    ClientSecretIssued,
)
from eventkit.auth import principal as auth
from eventkit.domain import Aggregate, Conflict, Invalid, NotFound

# Participants have personal links.
ROLES = auth.ROLES - {"participant"}
# Secrets of before they had ids: a client had one.
FIRST_SECRET = "first"  # noqa: S105  (an id)
MOST_SECRETS = 2


@dataclass(frozen=True, kw_only=True)
class RegisterClient:
    client_id: str
    name: str
    role: str
    secret_id: str
    secret_digest: str
    scopes: tuple[str, ...]
    tenant: str | None = None


@dataclass(frozen=True, kw_only=True)
class IssueSecret:
    secret_id: str
    secret_digest: str
    at: datetime
    older_end_at: datetime


@dataclass(frozen=True, kw_only=True)
class EndSecret:
    secret_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RevokeClient:
    reason: str


ClientCommand = RegisterClient | IssueSecret | EndSecret | RevokeClient
# When each secret ends, by its id; None: nobody has said.
Secrets = Mapping[str, datetime | None]


@dataclass(frozen=True, kw_only=True)
class Client:
    client_id: str
    secrets: Secrets = field(default_factory=dict)
    revoked: bool = False


def decide(client: Client | None, command: ClientCommand) -> list[ClientEvent]:
    match command:
        case RegisterClient():
            return register(client, command)
        case IssueSecret():
            return issue_secret(client, command)
        case EndSecret():
            return end_secret(client, command)
        case RevokeClient():
            return revoke(client, command)
    assert_never(command)


def evolve(client: Client | None, event: ClientEvent) -> Client:
    match event:
        case ClientRegistered():
            first = event.secret_id or FIRST_SECRET
            return Client(client_id=event.client_id, secrets={first: None})
        case ClientSecretIssued():
            present = _existing(client)
            older = ended_at(present.secrets, event.older_end_at)
            return replace(present, secrets={**older, event.secret_id: None})
        case ClientSecretEnded():
            present = _existing(client)
            left = {one: end for one, end in present.secrets.items() if one != event.secret_id}
            return replace(present, secrets=left)
        case ClientRevoked():
            return replace(_existing(client), revoked=True)
    assert_never(event)


def ended_at(secrets: Secrets, at: datetime) -> Secrets:
    """The same secrets, none of which outlives that time."""
    return {one: at if end is None else min(end, at) for one, end in secrets.items()}


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
            secret_id=command.secret_id,
            secret_digest=command.secret_digest,
            scopes=command.scopes,
            tenant=command.tenant,
        )
    ]


def issue_secret(client: Client | None, command: IssueSecret) -> list[ClientEvent]:
    present = _in_force(client)
    if len(_live(present, command.at)) >= MOST_SECRETS:
        raise Conflict("two-secrets", "This client has two secrets; end one of them first.")
    return [
        ClientSecretIssued(
            client_id=present.client_id,
            secret_id=command.secret_id,
            secret_digest=command.secret_digest,
            older_end_at=command.older_end_at,
        )
    ]


def end_secret(client: Client | None, command: EndSecret) -> list[ClientEvent]:
    present = _in_force(client)
    live = _live(present, command.at)
    if command.secret_id not in live:
        raise NotFound("not-found", "There is no such thing here.")
    if len(live) == 1:
        raise Conflict("last-secret", "A client keeps one secret; revoke it, or issue another.")
    return [ClientSecretEnded(client_id=present.client_id, secret_id=command.secret_id)]


def revoke(client: Client | None, command: RevokeClient) -> list[ClientEvent]:
    present = _in_force(client)
    return [ClientRevoked(client_id=present.client_id, reason=command.reason)]


def _live(client: Client, at: datetime) -> set[str]:
    return {one for one, end in client.secrets.items() if end is None or end > at}


def _refuse_wrong_tenant(command: RegisterClient) -> None:
    form = auth.TENANT_FORMS.get(command.role)
    if form is None and command.tenant is not None:
        raise Invalid("needless-tenant", "This role has no tenant.", pointer="/tenant")
    if form is not None and not form.match(command.tenant or ""):
        raise Invalid(
            "tenant-missing",
            "A municipality's client names its 8 digits, a district's its 5.",
            pointer="/tenant",
        )


def _in_force(client: Client | None) -> Client:
    present = _existing(client)
    if present.revoked:
        raise Conflict("already-revoked", "This client is already revoked.")
    return present


def _existing(client: Client | None) -> Client:
    if client is None:
        raise NotFound("unknown-client", "There is no such client.")
    return client


CLIENT = Aggregate(name="client", decide=decide, evolve=evolve)
