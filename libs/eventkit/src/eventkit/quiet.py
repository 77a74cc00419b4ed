"""Lets a process with threads fork: not while one of them works, and none begins meanwhile.

A lock that a thread holds at the fork stays locked in the child for ever, because the child does
not have that thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

# The thread that forks also hears signals, which it does not while it waits.
PATIENCE_SECONDS = 0.5


class Quiet:
    """Threads work within `work`, side by side; who forks does it within `alone`."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._working = 0
        self._alone = False

    @contextmanager
    def work(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """False where somebody still works after PATIENCE_SECONDS: then nobody may fork now."""
        with self._changed:
            self._alone = True
            is_alone = self._changed.wait_for(lambda: not self._working, PATIENCE_SECONDS)
        try:
            yield is_alone
        finally:
            with self._changed:
                self._alone = False
                self._changed.notify_all()
