"""Named points at which a process kills itself when a fault test wants it; inert otherwise.

`ALLOW_CRASH_POINTS=1` with `CRASH_AT=relay.after_ack:50` sends SIGKILL when the process comes by
for the 50th time. Each process counts for itself, from its fork on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from itertools import count

POINTS = {
    "api.parsed": "A request's body was read and fits its schema.",
    "append.before": "Events were decided on, and nothing was sent to the database.",
    "append.after": "The database placed the events; their transaction is not committed.",
    "append.committed": "Events are stored, and nobody was told: no answer, no relay was woken.",
    "relay.read": "The relay read a page of events and sent nothing of it.",
    "relay.after_produce": "The page was handed to the broker's client; no ack was waited for.",
    "relay.after_ack": "The broker has the page; the position is not saved.",
    "relay.after_save": "The position is saved.",
    "consumer.fetched": "Events came from the source, and nothing was looked up about them.",
    "consumer.before_tx": "It is known what to do with the events; no transaction is open.",
    "consumer.inside_tx": "Handlers, inbox and parked events are written and not committed.",
    "consumer.after_commit": "All of it is committed, and nobody was told.",
    "rebuild.page": "A page of a rebuild is in the new table, and noted there.",
    "heads.signed": "A head is signed and stored, and no file has it.",
    "heads.written": "The file has the head.",
    "eraser.journal_written": "The journal tells of an erasure, and no event does.",
    "eraser.key_deleted": "The person's key is gone; nobody took the own part in.",
    "eraser.cleared": "The owner has done its part; others may still have theirs to do.",
    "webhook.claimed": "A delivery to an endpoint is leased by this worker.",
    "webhook.sent": "The request left; no byte of the answer was read.",
    "webhook.answered": "The receiver answered; nothing is recorded.",
    "webhook.recorded": "The outcome of the call is stored; the lease still runs.",
    "mail.claimed": "A batch of mails is leased by this worker.",
    "mail.accepted": "The mail server took a mail; nothing is recorded.",
    "mail.recorded": "The outcome of a mail is stored; the lease still runs.",
}


# A point, and at which time there the process ends.
CrashAt = tuple[str, int]


class _Armed:
    def __init__(self, at: CrashAt) -> None:
        self._name, self._time = at
        self._times: Iterator[int] = count(1)

    def reach(self, name: str) -> None:
        if name == self._name and next(self._times) == self._time:
            os.kill(os.getpid(), signal.SIGKILL)


_armed: _Armed | None = None


def reach(name: str) -> None:
    """Say that the process is at a point of POINTS."""
    if _armed is not None:
        _armed.reach(name)


def arm(at: CrashAt | None) -> None:
    """Let this process and those that it forks end at a point; None lets them live."""
    global _armed  # noqa: PLW0603  (one a process, and nothing but a look at it when inert)
    _armed = None if at is None else _Armed(at)


def parse(text: str) -> CrashAt:
    """Read `name` or `name:n`; raises ValueError for what is no point of the list."""
    name, colon, time = text.partition(":")
    at = name, int(time) if colon else 1
    if name not in POINTS or at[1] < 1:
        raise ValueError(text)
    return at
