"""Who may call which endpoint: one row an endpoint, none missing, none left over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from eventkit.auth.principal import READ, ROLES, SCOPES, WRITE

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Policy:
    """The roles that may call an endpoint; `public` ones are asked for no token at all.

    `scope` is what the token must be good for; without it, that follows from the method.
    """

    roles: frozenset[str]
    public: bool = False
    scope: str | None = None

    def admits(self, role: str) -> bool:
        return role in self.roles

    def scope_for(self, method: str) -> str:
        """The scope that a call by this method needs."""
        return self.scope or (READ if method.upper() in _SAFE else WRITE)


PUBLIC = Policy(frozenset(), public=True)
ANYONE_SIGNED_IN = Policy(ROLES)
# Who has a personal link alone sees what it names, and nothing else of the network.
NETWORK = Policy(ROLES - {"participant"})


class IncompletePolicy(RuntimeError):
    """The policy table and the routes do not name the same endpoints."""


def allow(*who: str | Policy, scope: str | None = None) -> Policy:
    """Allow roles by name, or those of another policy; raises ValueError on an unknown word."""
    roles: set[str] = set()
    for one in who:
        roles |= one.roles if isinstance(one, Policy) else {one}
    if unknown := roles - ROLES:
        raise ValueError(f"No such role: {', '.join(sorted(unknown))}.")
    if scope is not None and scope not in SCOPES:
        raise ValueError(f"No such scope: {scope}.")
    return Policy(frozenset(roles), scope=scope)


def check_complete(endpoints: Iterable[str], policy: Mapping[str, Policy]) -> None:
    """Raise IncompletePolicy unless every endpoint has a row and every row an endpoint."""
    known = set(endpoints)
    missing, left_over = sorted(known - set(policy)), sorted(set(policy) - known)
    faults = [f"{name} has no policy" for name in missing]
    faults += [f"{name} has a policy but is no endpoint" for name in left_over]
    if faults:
        raise IncompletePolicy("; ".join(faults) + ".")
