"""Signatures of Standard Webhooks 1.0: who holds the endpoint's secret can check each call."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes
from uuid import UUID

_PREFIX = "whsec_"


def new_secret() -> str:
    """A secret of 32 random bytes, as receivers' libraries take it."""
    return _PREFIX + b64encode(token_bytes(32)).decode()


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature, `v1,…`; the key is what the secret's text encodes."""
    key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    return "v1," + b64encode(hmac.digest(key, content, sha256)).decode()


def headers(
    delivery_id: UUID, body: bytes, secrets: Iterable[str], now: datetime
) -> dict[str, str]:
    """The headers of one attempt: the message's id, the attempt's time, a signature a secret."""
    message_id, timestamp = str(delivery_id), int(now.timestamp())
    signatures = [sign(secret, message_id, timestamp, body) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }
