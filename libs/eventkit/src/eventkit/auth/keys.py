"""Keys that tokens are verified with, as their issuers publish them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from threading import Lock
from time import monotonic
from typing import Any, Protocol

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

Key = ECKey | RSAKey | OKPKey
# The order of the curve P-256: private keys are the numbers below it, without 0.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_PURPOSE = "netztreff token signature"
# The family of keys of each algorithm that we take, and the curve where there is one. No
# algorithm has a shared secret, so a public key can never be taken for one (S6).
ALGORITHMS: dict[str, tuple[type[Key], str | None]] = {
    "RS256": (RSAKey, None),
    "PS256": (RSAKey, None),
    "ES256": (ECKey, "P-256"),
    "EdDSA": (OKPKey, "Ed25519"),
}
# With `use` and `alg`, by which the library refuses a key for what it was not made for.
_READ = {"kid", "kty", "crv", "x", "y", "n", "e", "use", "alg"}
# 2048 bits in base64url: shorter ones are too weak.
_SHORTEST_MODULUS = 342


class KeysUnavailable(Exception):
    """No key was ever fetched, so no token can be judged."""


class Keys(Protocol):
    """Where a verifier finds public keys."""

    def find(self, kid: str) -> Key | None:
        """The key of this id; raises KeysUnavailable where nothing is known at all."""


def signing_key(master_key: bytes, generation: int = 1) -> ECKey:
    """The ES256 key of a generation: it follows from the master key, the same for all replicas.

    Nothing is stored, and a database dump holds no signing key (decisions 0007 and 0008).
    """
    purpose = f"{_PURPOSE} {generation}".encode()
    # 48 bytes reduced modulo a 32-byte order: the bias is below 2^-128.
    raw = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=purpose).derive(master_key)
    number = int.from_bytes(raw) % (_ORDER - 1) + 1
    key = ECKey.import_key(ec.derive_private_key(number, ec.SECP256R1()))
    key.ensure_kid()
    return key


class OwnKeys:
    """A signer's one key, for who has it."""

    def __init__(self, key: ECKey) -> None:
        self._key = key

    def find(self, kid: str) -> ECKey | None:
        return self._key if kid == self._key.kid else None


class RemoteKeys:
    """Keys from a JWKS address: kept for `fresh` seconds, and longer while the address is silent.

    An unknown key id causes at most one request in `patience` seconds, so nobody can use us to
    flood the issuer. Keys that fit none of the algorithms are passed over. Safe for threads: one
    of them fetches. The others wait `wait` seconds for it where they need its answer, and not at
    all after a failure, so that a slow issuer stops nobody else.
    """

    def __init__(
        self,
        url: str,
        *,
        algorithms: Collection[str] = ("ES256",),
        fetch: Callable[[str], Any] | None = None,
        fresh: float = 300,
        patience: float = 60,
        wait: float = 1,
    ) -> None:
        self._url = url
        self._algorithms = tuple(algorithms)
        self._fetch = fetch or fetch_json
        self._fresh = fresh
        self._patience = patience
        self._wait = wait
        self._keys: dict[str, Key] = {}
        self._tried_at = float("-inf")
        self._failed = False
        self._lock = Lock()

    def find(self, kid: str) -> Key | None:
        if kid not in self._keys:
            self._refresh_once(0 if self._failed else self._wait)
        elif self._is_due(self._fresh):
            self._refresh_once(0)
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get(kid)

    def _refresh_once(self, wait: float) -> None:
        if not self._lock.acquire(timeout=wait):
            return
        try:
            # Without any key every request would be refused: then patience is short.
            if self._is_due(self._patience if self._keys else 1):
                self._refresh()
                # Counted from the end: whoever waited for a slow issuer does not ask again.
                self._tried_at = monotonic()
        finally:
            self._lock.release()

    def _is_due(self, seconds: float) -> bool:
        return monotonic() - self._tried_at > seconds

    def _refresh(self) -> None:
        try:
            found = dict(self._usable(self._fetch(self._url)["keys"]))
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError):
            found = {}
        self._failed = not found
        if found:
            self._keys = found

    def _usable(self, published: list[Any]) -> Iterator[tuple[str, Key]]:
        for jwk in published:
            for family, curve in {ALGORITHMS[name] for name in self._algorithms}:
                if key := _public_key(jwk, family, curve):
                    yield jwk["kid"], key


def fetch_json(url: str) -> Any:
    """Fetch a document without proxies, redirects or credentials of the machine."""
    answer = httpx.get(url, timeout=3, trust_env=False, follow_redirects=False)
    answer.raise_for_status()
    return answer.json()


def _public_key(jwk: Any, family: type[Key], curve: str | None) -> Key | None:
    """The key; None for one that does not fit or is malformed, which spoils no other one."""
    public = {name: jwk[name] for name in _READ & jwk.keys()} if isinstance(jwk, dict) else {}
    if not all(isinstance(value, str) for value in public.values()) or "kid" not in public:
        return None
    if public.get("kty") != family.key_type or public.get("crv") != curve:
        return None
    if family is RSAKey and len(public.get("n", "")) < _SHORTEST_MODULUS:
        return None
    try:
        return family.import_key(public)
    except (JoseError, ValueError):
        return None
