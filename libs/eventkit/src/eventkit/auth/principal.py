"""Who calls, as the token says, and what the token may be used for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

READ: Final = "read"
WRITE: Final = "write"
# Manages contacts and clients of one's own tenant.
ADMIN: Final = "admin"
SCOPES: Final = (READ, WRITE, ADMIN)
# The roles that act for one administration, and how its key is written: AGS or district key.
TENANT_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "municipality": re.compile(r"[0-9]{8}\Z"),
    "district": re.compile(r"[0-9]{5}\Z"),
}
TIED: Final = frozenset(TENANT_FORMS)
ROLES: Final = TIED | {
    "organiser",
    "steering_group",
    "moderator",
    "participant",
    "operator",
    "service",
}
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
