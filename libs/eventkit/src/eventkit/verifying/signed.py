"""A head of the whole store as a signed statement that strangers can check (decision 0017).

A statement is a JWS in compact form, signed with Ed25519. The key follows from the chain key, the
same for all replicas; the public one is no secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

_ALGORITHM = "Ed25519"
_TYPE = "netztreff-head+jws"
_PURPOSE = b"netztreff signature of heads"
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What is stated of a store: all that was stored up to a position, at a time.

    `previous` is the SHA-256 of the statement before it, so that none can be taken out between
    two. A generation after the first names the one that it was restored from, and where.
    """

    service: str
    number: int
    previous: str | None
    generation: UUID
    parent: UUID | None
    forked_at: int
    position: int
    events: int
    streams: int
    digest: str
    at: datetime


class BadStatement(ValueError):
    """What stands there was not signed with this key, or is no statement at all."""


def key_of(chain_key: bytes) -> OKPKey:
    """The key that signs the heads of a service."""
    raw = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(chain_key)
    key = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(raw))
    key.ensure_kid()
    return key


def public(key: OKPKey) -> dict[str, Any]:
    """The public half as a JWK."""
    return {**key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": _ALGORITHM}


def sign(statement: Statement, key: OKPKey) -> str:
    """One line without blanks."""
    header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": key.kid}
    return jws.serialize_compact(header, msgspec.json.encode(statement), key, [_ALGORITHM])


def opened(text: str, key: OKPKey) -> Statement:
    """What a line states; raises BadStatement."""
    if not _FORM.fullmatch(text):
        raise BadStatement("no signed head")
    try:
        found = jws.deserialize_compact(text.encode(), key, [_ALGORITHM])
        return msgspec.json.decode(found.payload, type=Statement)
    except (JoseError, msgspec.MsgspecError, ValueError) as error:
        raise BadStatement("not signed with this key") from error


def hash_of(text: str) -> str:
    """What the next statement calls this one."""
    return sha256(text.encode()).hexdigest()


def checked(
    lines: Iterable[str], key: OKPKey
) -> Iterator[tuple[int, Statement | None, str | None]]:
    """Line number, statement, and what is wrong about the line or None, in order.

    A line that ends in the middle because its writer died is no fault where the whole one
    follows. What came before the first line is unknown here.
    """
    seen: dict[str, Statement] = {}
    for number, (line, after) in enumerate(pairwise([*lines, ""]), 1):
        if after.startswith(line) and after != line:
            continue
        try:
            statement = opened(line, key)
        except BadStatement as error:
            yield number, None, str(error)
            continue
        yield number, statement, _gap(statement, seen)
        seen[hash_of(line)] = statement


def _gap(statement: Statement, seen: dict[str, Statement]) -> str | None:
    """A generation goes on where its store was restored, so after any earlier line."""
    if not seen:
        return None
    before = seen.get(statement.previous or "")
    if before is None:
        return "the line before it is missing"
    last = list(seen.values())[-1]
    goes_on = before is last or statement.generation != last.generation
    return None if goes_on else "it does not follow the line before it"
