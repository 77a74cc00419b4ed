"""Personal links: a bearer token that names one person's turn at one thing, and for how long.

Nothing is stored: the token carries a keyed digest, under a key that follows from the master key
and the purpose, so a link for one purpose is none for another. Withdrawing one is the matter of
what it names: who is no longer there has no link that works, and who comes again under the same id
takes another turn, for which the earlier link is not good.
"""

from __future__ import annotations

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PREFIX = "ntl_"
_CONTENT = struct.Struct(">16s16sII")
_LATEST = 2**32 - 1
_DIGEST_LENGTH = 32
_LENGTH = _CONTENT.size + _DIGEST_LENGTH


@dataclass(frozen=True, kw_only=True)
class Link:
    """Whom a link names at what, in which turn; good until it expires, and not after 2105."""

    about: UUID
    person: UUID
    turn: int
    expires_at: datetime


class Links:
    """Makes and judges the links of one purpose."""

    def __init__(self, master_key: bytes, purpose: str) -> None:
        info = f"netztreff personal link 1: {purpose}".encode()
        self._key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(
            master_key
        )

    def make(self, link: Link) -> str:
        """The token; times count in whole seconds."""
        expires = min(int(link.expires_at.timestamp()), _LATEST)
        content = _CONTENT.pack(link.about.bytes, link.person.bytes, link.turn, expires)
        return PREFIX + urlsafe_b64encode(content + self._digest(content)).decode()

    def read(self, token: str, now: datetime) -> Link | None:
        """What a token names; None for one that we did not make, or that has expired."""
        if (raw := _decoded(token)) is None:
            return None
        content, digest = raw[: _CONTENT.size], raw[_CONTENT.size :]
        if not hmac.compare_digest(digest, self._digest(content)):
            return None
        about, person, turn, expires = _CONTENT.unpack(content)
        if expires <= now.timestamp():
            return None
        return Link(
            about=UUID(bytes=about),
            person=UUID(bytes=person),
            turn=turn,
            expires_at=datetime.fromtimestamp(expires, UTC),
        )

    def _digest(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")


def is_link(token: str) -> bool:
    return token.startswith(PREFIX)


def _decoded(token: str) -> bytes | None:
    """The bytes behind a token that is written as we write them, and in no other way."""
    if not is_link(token) or not token.isascii():
        return None
    text = token.removeprefix(PREFIX)
    try:
        raw = urlsafe_b64decode(text)
    except (Error, ValueError):
        return None
    is_ours = len(raw) == _LENGTH and urlsafe_b64encode(raw).decode() == text
    return raw if is_ours else None
