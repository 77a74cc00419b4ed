"""Conditional requests: versions in entity tags, If-Match, If-None-Match, Idempotency-Key."""

from __future__ import annotations

import hmac
import re
from hashlib import blake2b, sha256

import orjson
from flask import request

from eventkit.http.problems import HttpRefusal
from eventkit.http.requests import runtime, scope
from eventkit.idempotency import Idempotency

# Appended to the tag of what was compressed on its way: other bytes, so another tag.
CODED = ".gzip"
_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e]*)"')
_TAGS = re.compile(rf"\s*{_TAG.pattern}(?:\s*,\s*{_TAG.pattern})*\s*\Z")
_VERSION = re.compile(r"([0-9]{1,9})(?:\.|\Z)")
# A structured-field string (RFC 9651) of printable ASCII, or the bare key that many clients send.
_QUOTED = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,255})"\Z')
_BARE = re.compile(r"[A-Za-z0-9._:/+=-]{1,255}\Z")


def tag(version: int, body: bytes | None = None) -> str:
    """The ETag of a version; with a body, of this representation of it."""
    if body is None:
        return f'"{version}"'
    return f'"{version}.{blake2b(body, digest_size=9).hexdigest()}"'


def is_known(etag: str) -> bool:
    """Whether If-None-Match names this representation (weak comparison, as RFC 9110 wants)."""
    given = request.headers.get("If-None-Match")
    if not given:
        return False
    known = (text.removesuffix(CODED) for _, text in _TAG.findall(given))
    return given.strip() == "*" or etag.strip('"') in known


def expected_version() -> int | None:
    """The version that If-Match names, None for `*`; raises HttpRefusal (428, 400, 412)."""
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise HttpRefusal(428, "precondition-required", "Send the ETag that you know as If-Match.")
    if given == "*":
        return None
    if not _TAGS.match(given):
        raise HttpRefusal(400, "bad-if-match", 'If-Match must be an ETag in quotes, such as "3".')
    tags = _TAG.findall(given)
    if all(weak for weak, _ in tags):
        raise HttpRefusal(
            412,
            "weak-tag",
            'A weak ETag, as in W/"1", never matches; send the strong one, without the W/.',
        )
    strong = [match for weak, text in tags if not weak and (match := _version(text))]
    if len(strong) != 1:
        # No thing has two versions.
        raise stale()
    return strong[0]


def stale() -> HttpRefusal:
    return HttpRefusal(
        412, "stale-version", "The thing has changed since; read it again and repeat."
    )


def idempotency(*, required: bool, resource: str = "") -> Idempotency | None:
    """The caller's key, bound to who sends it where; raises HttpRefusal (400)."""
    given = request.headers.get("Idempotency-Key")
    if given is None:
        if required:
            raise HttpRefusal(
                400, "idempotency-key-required", "Send an Idempotency-Key with this request."
            )
        return None
    return Idempotency(
        scope=sha256(orjson.dumps(scope(_key(given.strip())))).digest(),
        fingerprint=_fingerprint(request.query_string + b"\n" + request.get_data()),
        resource=resource,
    )


def _fingerprint(asked: bytes) -> bytes:
    """Keyed, so that nobody who reads the table can try out what a body held."""
    return hmac.digest(runtime().kit.settings.chain_key, asked, "sha256")


def _key(given: str) -> str:
    if quoted := _QUOTED.match(given):
        return re.sub(r"\\(.)", r"\1", quoted[1])
    if not _BARE.match(given):
        raise HttpRefusal(
            400,
            "bad-idempotency-key",
            "An Idempotency-Key is a string in quotes, of 1 to 255 printable ASCII characters.",
        )
    return given


def _version(text: str) -> int:
    found = _VERSION.match(text)
    return int(found[1]) if found else 0
