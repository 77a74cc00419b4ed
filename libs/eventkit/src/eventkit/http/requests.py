"""What stands behind one request: the process's kit, the caller, the context of its commands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID, uuid4

import sqlalchemy as sa
from flask import current_app, g, request
from werkzeug.routing import Rule

from contracts.visibility import PartyKey
from eventkit.auth.compact import BadToken
from eventkit.auth.keys import KeysUnavailable
from eventkit.auth.links import Link, Links, is_link
from eventkit.auth.principal import READ, WRITE, Principal
from eventkit.auth.tokens import Verifier
from eventkit.auth.trust import Trust
from eventkit.database import session
from eventkit.http.limits import Limits
from eventkit.http.policy import Policy
from eventkit.http.problems import HttpRefusal
from eventkit.http.traces import traceparent
from eventkit.recorded import Context
from eventkit.tenants import parties_of
from eventkit.unit import Kit

_BEARER = re.compile(r"Bearer +([A-Za-z0-9._~+/-]+=*) *\Z", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """What the requests of one app share."""

    kit: Kit
    policy: Mapping[str, Policy]
    trust: Trust
    limits: Limits
    cursor_key: bytes
    municipalities: sa.Table | None
    links: Links | None


def runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["eventkit"])


def kit() -> Kit:
    """The kit of this process."""
    return runtime().kit


def principal() -> Principal:
    """The caller; raises LookupError where the endpoint is public."""
    if (caller := g.get("principal")) is None:
        raise LookupError("a public endpoint has no principal")
    return cast(Principal, caller)


def personal_link() -> Link | None:
    """What the caller's personal link names; None for everybody with another token."""
    return cast("Link | None", g.get("link"))


def enter(token: str) -> Principal | None:
    """Let the holder of a personal link in; None where it is none of this service, or expired."""
    shared = runtime()
    link = shared.links.read(token, shared.kit.now()) if shared.links else None
    if link is None:
        return None
    g.link = link
    g.principal = Principal(
        f"participant:{link.person}",
        "participant",
        scopes=frozenset({READ, WRITE}),
        issuer="personal link",
    )
    return cast(Principal, g.principal)


def own_parties() -> frozenset[PartyKey]:
    """The parties that the caller acts for, asked once a request (see eventkit.tenants)."""
    if "own_parties" not in g:
        shared, caller = runtime(), principal()
        with session(shared.kit.engine) as sql:
            g.own_parties = parties_of(sql, shared.municipalities, caller.role, caller.tenant)
    return cast(frozenset[PartyKey], g.own_parties)


def context() -> Context:
    """On whose behalf this request runs its commands."""
    caller: Principal | None = g.get("principal")
    return Context(
        actor=_actor(caller),
        tenant=(caller.tenant or caller.role) if caller else None,
        correlation_id=g.correlation_id,
        traceparent=traceparent(request.headers.get("Traceparent"), g.correlation_id),
        occurred_at=g.get("occurred_at"),
    )


def _actor(caller: Principal | None) -> str:
    if caller is None:
        return "anonymous"
    return f"participant:{link.person}" if (link := personal_link()) else f"client:{caller.subject}"


def became_true(at: datetime) -> None:
    """Say since when what this request reports has been true, where that is not now."""
    g.occurred_at = at


def correlation_id() -> str:
    """The caller's X-Correlation-Id when it is a UUID, else a new one."""
    given = request.headers.get("X-Correlation-Id")
    if given and len(given) == 36:
        try:
            return str(UUID(given))
        except ValueError:
            pass
    return str(uuid4())


def admit(endpoint: str) -> None:
    """Let the caller pass as the policy table says; raises HttpRefusal (401, 403, 429)."""
    shared = runtime()
    policy = shared.policy[endpoint]
    if policy.public:
        shared.limits.count_anonymous(current_app.view_functions[endpoint])
        return
    g.principal = caller = _authenticate(shared)
    shared.limits.count_caller(caller)
    if not policy.admits(caller.role):
        raise HttpRefusal(403, "forbidden", "Your role may not do this.")
    if (wanted := policy.scope_for(request.method)) not in caller.scopes:
        raise _insufficient(wanted)


def _insufficient(wanted: str) -> HttpRefusal:
    """As RFC 6750, section 3.1, has it."""
    return HttpRefusal(
        403,
        "insufficient-scope",
        f"A token with the scope {wanted} is needed.",
        headers={"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{wanted}"'},
    )


def _authenticate(shared: Runtime) -> Principal:
    try:
        return _verified(shared.trust.verifier, takes_links=shared.links is not None)
    except (HttpRefusal, KeysUnavailable):
        # Nobody stands behind a token that nobody can judge: it may hold a thread up for nothing.
        shared.limits.count_refused()
        raise


def _verified(verifier: Verifier, *, takes_links: bool) -> Principal:
    if (given := request.headers.get("Authorization")) is None:
        raise _unauthorized("Bearer")
    # Several Authorization headers arrive joined by commas, which no token holds.
    bearer = _BEARER.match(given)
    if bearer is None or "access_token" in request.args:
        raise _unauthorized('Bearer error="invalid_token"')
    if takes_links and is_link(bearer[1]):
        if (holder := enter(bearer[1])) is None:
            raise _unauthorized('Bearer error="invalid_token"')
        return holder
    try:
        return verifier.verify(bearer[1])
    except BadToken as error:
        raise _unauthorized('Bearer error="invalid_token"') from error


def _unauthorized(challenge: str) -> HttpRefusal:
    return HttpRefusal(
        401,
        "unauthorized",
        "A valid bearer token is needed.",
        headers={"WWW-Authenticate": challenge},
    )


def scope(key: str) -> list[Any]:
    """What an idempotency key of this request belongs to: caller, method, route and arguments."""
    caller = principal()
    rule = cast(Rule, request.url_rule).rule
    arguments = sorted((name, str(value)) for name, value in (request.view_args or {}).items())
    return [caller.subject, caller.role, caller.tenant, request.method, rule, arguments, key]
