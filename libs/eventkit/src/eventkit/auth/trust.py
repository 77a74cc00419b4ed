"""What a process judges tokens by, put together and kept fresh until the process ends."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial

import httpx
import sqlalchemy as sa
import structlog

from eventkit.auth.client import service_client
from eventkit.auth.foreign import ForeignIssuer
from eventkit.auth.keyring import Generation, KeyRing
from eventkit.auth.keys import Keys, RemoteKeys
from eventkit.auth.revocations import Repeated, Revocations
from eventkit.auth.tokens import Issuer, OwnIssuer, Verifier
from eventkit.database import session
from eventkit.settings import BadSettings, Settings

_log = structlog.get_logger(component="trust")


@dataclass(frozen=True, kw_only=True)
class Issuing:
    """What the service that issues tokens knows of them; all replicas ask the database."""

    generations: Callable[[sa.Connection], Iterable[Generation]]
    revoked: Callable[[sa.Connection], Collection[str]]


@dataclass(frozen=True, kw_only=True)
class Trust:
    """The verifier of a process; `keys` where it signs tokens as well. Close it with the app."""

    verifier: Verifier
    keys: KeyRing | None = None
    close: Callable[[], None] = lambda: None


def issuing_trust(
    service: str, settings: Settings, engine: sa.Engine, issuing: Issuing | None
) -> Trust:
    """Of the service that issues the tokens; raises Unavailable. Without `issuing`: one key."""
    ring = KeyRing(settings.master_key)
    if issuing is None:
        return Trust(verifier=_verifier(settings, ring), keys=ring)
    told = issuing

    def fetch() -> Collection[str]:
        with session(engine) as connection:
            ring.replace(told.generations(connection))
            return told.revoked(connection)

    # A process that did not know the newest key yet would sign with an older one.
    fetch()
    revocations = Revocations(service, fetch)
    verifier = _verifier(settings, ring, revocations.holds)
    # Last: who refuses the settings leaves no thread behind.
    repeated = Repeated("trust", revocations.refresh, settings.trust_refresh_seconds)
    return Trust(verifier=verifier, keys=ring, close=repeated.close)


def following_trust(service: str, settings: Settings) -> Trust:
    """Of a service that takes keys and revocations from the registry, which may be away."""
    keys = RemoteKeys(f"{settings.registry_url}/.well-known/jwks.json")
    if not (settings.client_id and settings.client_secret and settings.registry_url):
        _log.warning("no_revocations", cause="CLIENT_ID and CLIENT_SECRET are not set")
        return Trust(verifier=_verifier(settings, keys))
    registry = service_client(settings.registry_url, settings)
    revocations = Revocations(service, partial(_ask, registry))
    verifier = _verifier(settings, keys, revocations.holds)
    repeated = Repeated("trust", revocations.refresh, settings.trust_refresh_seconds)

    def close() -> None:
        repeated.close()
        registry.close()

    return Trust(verifier=verifier, close=close)


def _ask(registry: httpx.Client) -> Collection[str]:
    answer = registry.get("/v1/revocations")
    answer.raise_for_status()
    return {str(one["client_id"]) for one in answer.json()["items"]}


def _verifier(
    settings: Settings, keys: Keys, is_revoked: Callable[[str], bool] = lambda _: False
) -> Verifier:
    own = OwnIssuer(settings.token_issuer, settings.token_audience, keys)
    foreign = [ForeignIssuer.by(rules) for rules in settings.oidc_issuers]
    if own.name in {issuer.name for issuer in foreign}:
        raise BadSettings(["OIDC_ISSUERS names our own issuer, which has its rules already."])
    issuers: list[Issuer] = [own, *foreign]
    return Verifier(issuers, is_revoked=is_revoked)
