"""When a failed delivery is tried again, and when no more.

Pure: the caller brings the chance (`jitter` from 0 to 1) and the time.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

LONGEST_WAIT = timedelta(hours=24)
_SPREAD = 0.1


class Schedule(Enum):
    """How long to wait after the first, second, … failed attempt; after the last we give up."""

    # The example of Standard Webhooks: ten attempts within some 76 hours.
    WEBHOOK = (
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=14),
        timedelta(hours=20),
        timedelta(hours=24),
    )
    # A mail server that says "later" (greylisting) wants at least five minutes.
    MAIL_POSTPONED = (
        timedelta(minutes=5),
        timedelta(minutes=10),
        timedelta(minutes=20),
        timedelta(minutes=40),
        timedelta(hours=2),
        timedelta(hours=5),
        timedelta(hours=10),
        timedelta(hours=20),
        timedelta(hours=24),
    )
    # Our own mail relay does not answer; it is usually back soon.
    MAIL_UNREACHABLE = (
        timedelta(seconds=10),
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=8),
        timedelta(hours=16),
        timedelta(hours=24),
    )


def wait_after(
    schedule: Schedule, attempt: int, *, jitter: float, asked: timedelta | None = None
) -> timedelta | None:
    """How long to wait after the failed `attempt` (from 1); None: give up.

    `asked` is what the receiver asked for (Retry-After): never less, within a day.
    """
    if attempt > len(schedule.value):
        return None
    planned = schedule.value[attempt - 1] * (1 + _SPREAD * jitter)
    return max(planned, min(asked or timedelta(), LONGEST_WAIT))
