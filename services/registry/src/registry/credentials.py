"""Secrets of machine clients: 256 random bits, of which only the digest is kept."""

import hmac
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex, token_urlsafe

import sqlalchemy as sa

from eventkit.auth.principal import Principal
from eventkit.database import session
from registry.projection.clients import clients

_NOBODY = "0" * 64


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Shown once, to who asked for the client."""

    client_id: str
    client_secret: str

    @property
    def digest(self) -> str:
        return digest(self.client_secret)


def new_credentials(client_id: str | None = None) -> Credentials:
    return Credentials(
        client_id=client_id or f"client-{token_hex(8)}", client_secret=token_urlsafe(32)
    )


def digest(secret: str) -> str:
    """A fast digest does for a random secret; nobody can go through its values."""
    return sha256(secret.encode()).hexdigest()


def authenticate(engine: sa.Engine, client_id: str, secret: str) -> Principal | None:
    """Whom the credentials belong to, unless revoked; an unknown client takes equally long."""
    with session(engine) as connection:
        row = connection.execute(
            sa.select(clients).where(clients.c.client_id == client_id)
        ).one_or_none()
    matches = hmac.compare_digest(digest(secret), row.secret_digest if row else _NOBODY)
    if row is None or not matches or not row.active:
        return None
    return Principal(subject=row.client_id, role=row.role, tenant=row.tenant)
