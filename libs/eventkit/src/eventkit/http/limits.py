"""How often who may call: by client, tenant and address, told in the RateLimit headers."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeVar

import sqlalchemy as sa
from flask import Response, g, request

from eventkit import metrics
from eventkit.auth.principal import Principal
from eventkit.forms import Networks, Rate
from eventkit.http.problems import HttpRefusal
from eventkit.ratelimit import Limit, Shared, Verdict
from eventkit.settings import Settings

View = TypeVar("View", bound=Callable[..., object])
# Whose calls are the network's own work: feeds, addresses, upkeep.
OWN_ROLES = frozenset({"service", "operator"})
# So many replicas of the API are reckoned with while the processes cannot meet in the database.
REPLICAS = 2
_DAY = 24 * 60 * 60
_TOKENS = "counts_as_token_request"


def token_endpoint(view: View) -> View:
    """Count calls of this public view as attempts to get a token."""
    vars(view)[_TOKENS] = True
    return view


class Limits:
    """The limits of one process; each may be switched off."""

    def __init__(self, service: str, settings: Settings, engine: sa.Engine) -> None:
        self._service = service
        self._proxies = settings.trusted_proxies
        self._shared = Shared(
            engine=engine,
            key=hmac.digest(settings.master_key, b"rate limits", "sha256"),
            processes=REPLICAS * settings.web_concurrency,
        )
        self._client = self._limit("client", settings.rate_limit_per_client)
        self._own = self._limit("service", settings.rate_limit_per_service)
        self._tenant = self._limit("tenant", settings.rate_limit_per_tenant)
        self._address = self._limit("address", settings.rate_limit_per_address)
        self._tokens = self._limit("tokens", settings.rate_limit_tokens)
        self._token_client = self._limit("token-client", settings.rate_limit_tokens)
        self._refused = self._limit("refused", settings.rate_limit_tokens)
        self._daily: dict[str, Limit] = {}

    def count_caller(self, caller: Principal) -> None:
        """Count a request of somebody known; raises HttpRefusal (429).

        A client over its own quota takes nothing from its tenant's.
        """
        if caller.role in OWN_ROLES:
            self._count(self._own, caller.subject)
            return
        self._count(self._client, caller.subject)
        if caller.tenant is not None:
            self._count(self._tenant, caller.tenant)

    def count_anonymous(self, view: Callable[..., object]) -> None:
        """Count a request to a public view by the caller's address; raises HttpRefusal (429)."""
        limit = self._tokens if getattr(view, _TOKENS, False) else self._address
        self._count(limit, self._peer())

    def count_token(self, client_id: str) -> None:
        """Count a token for a client that has proved its secret; raises HttpRefusal (429).

        Who merely names a client must not use up its quota.
        """
        self._count(self._token_client, client_id)

    def count_refused(self) -> None:
        """Count a refused credential by the caller's address; raises HttpRefusal (429)."""
        self._count(self._refused, self._peer())

    def daily(self, name: str, quota: int) -> Limit:
        """A limit of a service's own on what is done in a day; views look first, and hit after."""
        if name not in self._daily:
            made = Limit(name, (quota, _DAY), self._shared, exact=True)
            self._daily.setdefault(name, made)
        return self._daily[name]

    def _limit(self, name: str, rate: Rate | None) -> Limit | None:
        if rate is None:
            return None
        metrics.counts_limit(self._service, name)
        return Limit(name, rate, self._shared)

    def _count(self, limit: Limit | None, caller: str) -> None:
        if limit is None:
            return
        verdict = limit.hit(caller)
        g.setdefault("rate_limits", []).append(verdict)
        if verdict.refused:
            metrics.rate_limited(self._service, verdict.name)
            raise HttpRefusal(
                429,
                "rate-limited",
                "Too many requests; come back when the time in Retry-After is over.",
                headers={"Retry-After": str(verdict.seconds)},
            )

    def _peer(self) -> str:
        return peer_block(
            request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), self._proxies
        )


def tell(response: Response) -> None:
    """Say what is left of the limits that counted this request (RateLimit header fields, draft)."""
    verdicts: Sequence[Verdict] = g.get("rate_limits", ())
    if verdicts:
        policy = (f'"{one.name}";q={one.quota};w={one.window}' for one in verdicts)
        left = (f'"{one.name}";r={one.remaining};t={one.seconds}' for one in verdicts)
        response.headers["RateLimit-Policy"] = ", ".join(policy)
        response.headers["RateLimit"] = ", ".join(left)


def peer_block(remote: str, forwarded_for: str, proxies: Networks) -> str:
    """Whom an address belongs to: an IPv4 address, or the /64 of an IPv6 one.

    It is the socket's. Only what our own proxies have added to X-Forwarded-For is believed.
    """
    peer = _address(remote)
    hops = [part.strip() for part in forwarded_for.split(",")] if forwarded_for else []
    while hops and peer and any(peer in network for network in proxies):
        peer = _address(hops.pop())
    if isinstance(peer, IPv6Address):
        return str(IPv6Network((peer, 64), strict=False))
    return str(peer) if peer else "unknown"


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (isinstance(found, IPv6Address) and found.ipv4_mapped) or found
