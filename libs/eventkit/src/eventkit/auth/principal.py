"""Who calls, as the token says, and what the token may be used for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

READ: Final = "read"
WRITE: Final = "write"
# Manages contacts and clients of one's own tenant.
ADMIN: Final = "admin"
SCOPES: Final = (READ, WRITE, ADMIN)
_USUAL: Final = frozenset({READ, WRITE})
_ADMINISTRATORS: Final = frozenset({"organiser", "operator"})


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller. `tenant` is an AGS or district key where the role has one.

    `subject` is unique among all issuers; `issuer` is empty where nobody has judged a token.
    """

    subject: str
    role: str
    tenant: str | None = None
    scopes: frozenset[str] = frozenset()
    issuer: str = ""


def usual_scopes(role: str) -> frozenset[str]:
    """What a client of this role may do where nothing else was said."""
    return _USUAL | {ADMIN} if role in _ADMINISTRATORS else _USUAL
