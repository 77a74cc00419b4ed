"""The signer's own keys by generation: one signs, the others verify until their tokens are over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc.jwk import ECKey

from eventkit.auth.keys import signing_key


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A number that goes into the key's derivation, and when that key is used; nothing secret."""

    number: int
    signs_from: datetime
    ends_at: datetime | None = None


FIRST = Generation(number=1, signs_from=datetime(1970, 1, 1, tzinfo=UTC))
_Kept = tuple[tuple[Generation, ECKey], ...]


class KeyRing:
    """Keys that follow from the master key and the generations that were last told (decision 0008).

    Safe for threads: what is read is a whole state, before a change or after it.
    """

    def __init__(
        self, master_key: bytes, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._master_key = master_key
        self._now = now
        self._kept: _Kept = ()
        self.replace([FIRST])

    def replace(self, generations: Iterable[Generation]) -> None:
        """Keep the keys of these generations, which must be one at least, and no others."""
        known = {one.number: key for one, key in self._kept}
        ordered = sorted(generations, key=lambda one: one.number)
        self._kept = tuple(
            (one, known.get(one.number) or signing_key(self._master_key, one.number))
            for one in ordered
        )

    def signing(self) -> ECKey:
        """The newest key whose time to sign has come."""
        now = self._now()
        return [key for one, key in self._kept if one.signs_from <= now][-1]

    def find(self, kid: str) -> ECKey | None:
        return next((key for key in self._valid() if key.kid == kid), None)

    def jwks(self) -> dict[str, Any]:
        """The document at `/.well-known/jwks.json`; a key stands in it before it signs."""
        return {"keys": [_public(key) for key in self._valid()]}

    def _valid(self) -> list[ECKey]:
        now = self._now()
        return [key for one, key in self._kept if one.ends_at is None or now < one.ends_at]


def _public(key: ECKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.kid, "use": "sig", "alg": "ES256"}
