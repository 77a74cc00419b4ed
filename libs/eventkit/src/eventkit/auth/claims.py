"""Claims that every issuer's tokens have: read without belief in their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eventkit.auth.compact import BadToken

# Clocks of two machines may differ by so many seconds.
_SKEW = 5
_LONGEST_TEXT = 200


def valid_until(claims: Mapping[str, Any], now: float, longest: int) -> int:
    """When the token expires; raises BadToken unless it holds now, and for `longest` s at most."""
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    starts = _seconds(claims, "nbf") if "nbf" in claims else issued
    if not max(issued, starts) - _SKEW <= now < expires <= issued + longest:
        raise BadToken
    return expires


def text(claims: Mapping[str, Any], name: str) -> str:
    """A claim that must be a text of 1 to 200 characters; raises BadToken."""
    value = claims.get(name)
    if not (isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT and value.isprintable()):
        raise BadToken
    return value


def _seconds(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int or not 0 < value < 2**40:
        raise BadToken
    return value
