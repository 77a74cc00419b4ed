"""A signed token taken apart, more strictly than libraries do, before any of it is believed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from json import loads
from typing import Any

from joserfc.util import urlsafe_b64decode

# What fits into a header line; nobody's token is longer.
LONGEST = 8_000
_PARTS = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\Z")


class BadToken(Exception):
    """The token is not one that we accept; why is nobody's business."""


@dataclass(frozen=True, slots=True)
class Compact:
    """Header and claims as they stand there, which proves nothing yet."""

    header: dict[str, Any]
    claims: dict[str, Any]


def take_apart(token: str) -> Compact:
    """Read a compact JWS (RFC 7515); raises BadToken.

    Three parts in the one base64url spelling that they have, two of them JSON objects that name
    nothing twice: so no other reader can see another token in the same text.
    """
    if len(token) > LONGEST or not (match := _PARTS.match(token)):
        raise BadToken
    try:
        # Strict as well: bytes have one spelling.
        header, claims, _ = (urlsafe_b64decode(part.encode()) for part in match.groups())
        return Compact(_object(header), _object(claims))
    except (ValueError, RecursionError) as error:
        raise BadToken from error


def _object(raw: bytes) -> dict[str, Any]:
    value = loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refused)
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004  (one kind for all that is wrong)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is named twice")
    return members


def _refused(_: str) -> float:
    raise ValueError("no number")
