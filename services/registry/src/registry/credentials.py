"""Secrets of machine clients: 256 random bits, of which only the digest is kept."""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_hex, token_urlsafe

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from eventkit.auth.principal import Principal
from eventkit.database import session
from registry.domain.client import FIRST_SECRET
from registry.projection.clients import clients, is_live, secret_uses

_SECRET = re.compile(r"nts_([0-9a-f]{12})_[A-Za-z0-9_-]{43}\Z")
_NOBODY = "0" * 64
# A use is noted at most once a minute, so that asking for tokens costs no more than that.
_SEEN_RECENTLY = sa.text("client_secret_uses.used_at < now() - interval '1 minute'")


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Shown once, to who asked for the client."""

    client_id: str
    secret_id: str
    client_secret: str

    @property
    def digest(self) -> str:
        return digest(self.client_secret)


def new_credentials(client_id: str | None = None) -> Credentials:
    """A new secret, `nts_<its id>_<256 random bits>`, for a new client unless one is named."""
    secret_id = token_hex(6)
    return Credentials(
        client_id=client_id or f"client-{token_hex(8)}",
        secret_id=secret_id,
        client_secret=f"nts_{secret_id}_{token_urlsafe(32)}",
    )


def digest(secret: str) -> str:
    """A fast digest does for a random secret; nobody can go through its values."""
    return sha256(secret.encode()).hexdigest()


def authenticate(engine: sa.Engine, client_id: str, secret: str, now: datetime) -> Principal | None:
    """Whom the credentials belong to, unless revoked or ended.

    An unknown client or secret is compared as well, so that all refusals take equally long.
    """
    secret_id = match[1] if (match := _SECRET.match(secret)) else FIRST_SECRET
    with session(engine) as connection:
        row = connection.execute(
            sa.select(clients).where(clients.c.client_id == client_id)
        ).one_or_none()
        kept = row.secrets.get(secret_id) if row else None
        matches = hmac.compare_digest(digest(secret), kept["digest"] if kept else _NOBODY)
        if row is None or kept is None or not matches:
            return None
        if not row.active or not is_live(kept, now):
            return None
        connection.execute(_note_use(client_id, secret_id))
    return Principal(row.client_id, row.role, row.tenant, frozenset(row.scopes))


def _note_use(client_id: str, secret_id: str) -> sa.Executable:
    used = insert(secret_uses).values(
        client_id=client_id, secret_id=secret_id, used_at=sa.func.now()
    )
    return used.on_conflict_do_update(
        index_elements=[secret_uses.c.client_id, secret_uses.c.secret_id],
        set_={"used_at": sa.func.now()},
        where=_SEEN_RECENTLY,
    )
