"""Rate limits that all processes of a service share: counted in its database, taken in blocks.

A process takes a block of places in a caller's window with one statement and gives them out from
memory, so a window admits its quota at most, and at worst one block a process less (decision 0010).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from math import ceil
from threading import Lock
from time import monotonic, time

import psycopg
import sqlalchemy as sa
import structlog
from limits import RateLimitItemPerSecond
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from eventkit.database import Unavailable, raw_session
from eventkit.forms import Rate

_log = structlog.get_logger(component="ratelimit")
_TAKE = "SELECT last_hit, seconds_left FROM take_hits(%s, %s, %s)"
_BLOCKS = 20
_MOST = 10_000
_RETRY_SECONDS = 5.0
_STRIPES = 64


@dataclass(frozen=True, kw_only=True)
class Shared:
    """Where the processes meet: the database, a key that hides callers in it, how many share."""

    engine: sa.Engine
    key: bytes
    processes: int


@dataclass(frozen=True)
class Verdict:
    """What one limit says to one request; `seconds` until its window ends."""

    name: str
    quota: int
    window: int
    remaining: int
    seconds: int
    refused: bool


@dataclass
class _Lease:
    """Places in a window that this process may give out; `given` is the latest one."""

    places: Iterator[int]
    ends: float
    last: int | None
    given: int = 0


class LeasedStorage(Storage):
    """Counts of one limit. While the database is away each process has its share of the quota."""

    STORAGE_SCHEME = None

    def __init__(self, shared: Shared, quota: int, block: int) -> None:
        super().__init__()
        self._shared = shared
        self._quota = quota
        self._block = block
        self._leases: dict[str, _Lease] = {}
        self._locks = [Lock() for _ in range(_STRIPES)]
        self._away_until = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        return psycopg.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """The caller's place in its window, above the quota once that is used up."""
        with self._locks[hash(key) % _STRIPES]:
            return [self._next(key, expiry) for _ in range(amount)][-1]

    def get(self, key: str) -> int:
        lease = self._leases.get(key)
        return lease.given if lease and lease.ends > monotonic() else 0

    def get_expiry(self, key: str) -> float:
        lease = self._leases.get(key)
        return time() + (lease.ends - monotonic() if lease else 0.0)

    def check(self) -> bool:
        return monotonic() >= self._away_until

    def reset(self) -> None:
        """Forget what this process has taken; the windows themselves go on."""
        self._leases.clear()

    def clear(self, key: str) -> None:
        self._leases.pop(key, None)

    def _next(self, key: str, expiry: int) -> int:
        now = monotonic()
        lease = self._leases.get(key)
        if lease is None or lease.ends <= now:
            lease = self._renew(key, expiry, _Lease(iter(()), now + expiry, None))
        place = next(lease.places, None)
        if place is None and lease.last is not None and lease.last < self._quota:
            lease = self._renew(key, expiry, lease)
            place = next(lease.places, None)
        lease.given = self._quota + 1 if place is None else place
        return lease.given

    def _renew(self, key: str, expiry: int, window: _Lease) -> _Lease:
        if key not in self._leases and len(self._leases) >= _MOST:
            self._make_room()
        self._leases[key] = lease = self._taken(key, expiry) or self._local(window)
        return lease

    def _make_room(self) -> None:
        """Callers whose window has ended go, or else those that came first: they ask again."""
        now, known = monotonic(), list(self._leases.items())
        ended = [key for key, lease in known if lease.ends <= now]
        for key in ended or [key for key, _ in known[: _MOST // 10]]:
            self._leases.pop(key, None)

    def _taken(self, key: str, expiry: int) -> _Lease | None:
        """The next block of the window that all share; None while the database is away."""
        now = monotonic()
        if now < self._away_until:
            return None
        caller = hmac.digest(self._shared.key, key.encode("utf-8", "replace"), "sha256")[:16]
        try:
            with raw_session(self._shared.engine) as raw:
                row = raw.execute(_TAKE, (caller, self._block, expiry)).fetchone()
        except (Unavailable, psycopg.Error) as error:
            self._away_until = monotonic() + _RETRY_SECONDS
            _log.warning("rate_limits_local", cause=type(error).__name__)
            return None
        assert row is not None  # noqa: S101  (the function always gives one)
        last, seconds = row
        return _Lease(iter(range(last - self._block + 1, last + 1)), now + seconds, last)

    def _local(self, window: _Lease) -> _Lease:
        """Every so-many-th place that the window has left, so that all together keep the quota."""
        return _Lease(count(window.given + 1, self._shared.processes), window.ends, None)


class Limit:
    """A named limit of requests in a window; `exact` ones cost a statement a hit."""

    def __init__(self, name: str, rate: Rate, shared: Shared, *, exact: bool = False) -> None:
        quota = rate[0]
        block = 1 if exact else max(1, quota // _BLOCKS)
        self._name = name
        self._item = RateLimitItemPerSecond(*rate)
        self._limiter = FixedWindowRateLimiter(LeasedStorage(shared, quota, block))

    def hit(self, caller: str) -> Verdict:
        """Count one request of this caller, unless its quota is used up."""
        admitted = self._limiter.hit(self._item, self._name, caller)
        return self._verdict(caller, refused=not admitted)

    def look(self, caller: str) -> Verdict:
        """Whether the quota is used up, as far as this process knows from its own latest hit."""
        admitted = self._limiter.test(self._item, self._name, caller)
        return self._verdict(caller, refused=not admitted)

    def _verdict(self, caller: str, *, refused: bool) -> Verdict:
        resets_at, remaining = self._limiter.get_window_stats(self._item, self._name, caller)
        return Verdict(
            name=self._name,
            quota=self._item.amount,
            window=self._item.get_expiry(),
            remaining=remaining,
            seconds=max(1, ceil(resets_at - time())),
            refused=refused,
        )
