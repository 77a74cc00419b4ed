"""Who calls, as the token says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. `tenant` is an AGS or district key where the role has one."""

    subject: str
    role: str
    tenant: str | None = None
    scopes: frozenset[str] = frozenset()
