"""A caller's idempotency key, as the store keeps it beside what the call did."""

from __future__ import annotations

from dataclasses import dataclass


class KeyTaken(Exception):
    """Another call with the same idempotency key was faster; it has an answer by now."""


class KeyBusy(Exception):
    """The first call with this idempotency key still runs."""


@dataclass(frozen=True, kw_only=True)
class Idempotency:
    """A caller's key: `scope` says whose and where (32 bytes), `fingerprint` digests the request.

    `resource` is kept and given back when the key comes again; it must hold no secret.
    """

    scope: bytes
    fingerprint: bytes
    resource: str

    @property
    def values(self) -> tuple[bytes, bytes, str, int]:
        """As the store's functions take them; the number is what the key's lock is taken on."""
        lock = int.from_bytes(self.scope[:8], signed=True)
        return self.scope, self.fingerprint, self.resource, lock
