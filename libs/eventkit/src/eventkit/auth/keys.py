"""Keys that tokens are signed with: where the signer has its own, and where verifiers get them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Any, Protocol

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

# The order of the curve P-256: private keys are the numbers below it, without 0.
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_PURPOSE = b"netztreff token signature 1"


class KeysUnavailable(Exception):
    """No key was ever fetched, so no token can be judged."""


class Keys(Protocol):
    """Where a verifier finds public keys."""

    def find(self, kid: str) -> ECKey | None:
        """The key of this id; raises KeysUnavailable where nothing is known at all."""


def signing_key(master_key: bytes) -> ECKey:
    """The ES256 key that follows from the master key, so all replicas sign with the same one.

    Nothing is stored, and a database dump holds no signing key. A new master key, or a new
    purpose, is a new signing key.
    """
    # 48 bytes reduced modulo a 32-byte order: the bias is below 2^-128.
    raw = HKDF(algorithm=hashes.SHA256(), length=48, salt=None, info=_PURPOSE).derive(master_key)
    number = int.from_bytes(raw) % (_ORDER - 1) + 1
    key = ECKey.import_key(ec.derive_private_key(number, ec.SECP256R1()))
    key.ensure_kid()
    return key


class OwnKeys:
    """The signer's own key, for the service that issues the tokens."""

    def __init__(self, key: ECKey) -> None:
        self._key = key

    def find(self, kid: str) -> ECKey | None:
        return self._key if kid == self._key.kid else None


class RemoteKeys:
    """Keys from a JWKS address: kept for `fresh` seconds, and longer while the address is silent.

    An unknown key id causes at most one request in `patience` seconds, so nobody can use us to
    flood the issuer. Safe for threads; one of them fetches while the others wait.
    """

    def __init__(
        self,
        url: str,
        *,
        fetch: Callable[[str], Any] | None = None,
        fresh: float = 300,
        patience: float = 60,
    ) -> None:
        self._url = url
        self._fetch = fetch or fetch_json
        self._fresh = fresh
        self._patience = patience
        self._keys: dict[str, ECKey] = {}
        self._tried_at = float("-inf")
        self._lock = Lock()

    def find(self, kid: str) -> ECKey | None:
        if kid not in self._keys or self._is_due(self._fresh):
            with self._lock:
                # Without any key every request would be refused: then patience is short.
                if self._is_due(self._patience if self._keys else 1):
                    self._refresh()
        if not self._keys:
            raise KeysUnavailable
        return self._keys.get(kid)

    def _is_due(self, seconds: float) -> bool:
        return monotonic() - self._tried_at > seconds

    def _refresh(self) -> None:
        self._tried_at = monotonic()
        try:
            self._keys = dict(map(_public_key, self._fetch(self._url)["keys"]))
        except (httpx.HTTPError, JoseError, ValueError, KeyError, TypeError):
            return


def fetch_json(url: str) -> Any:
    """Fetch a document without proxies, redirects or credentials of the machine."""
    answer = httpx.get(url, timeout=3, trust_env=False, follow_redirects=False)
    answer.raise_for_status()
    return answer.json()


def _public_key(jwk: dict[str, Any]) -> tuple[str, ECKey]:
    key = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")})
    return str(jwk["kid"]), key
