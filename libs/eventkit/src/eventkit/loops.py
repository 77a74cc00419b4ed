"""Loops of a process: `while running: step()`, patient with what is away, done on SIGTERM."""

from __future__ import annotations

import os
import selectors
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from types import FrameType

import httpx
import structlog

from eventkit.auth.keys import KeysUnavailable
from eventkit.conflicts import StoreSuspect, VersionConflict
from eventkit.consuming.incoming import SourceUnavailable
from eventkit.database import Unavailable
from eventkit.lease import Fenced
from eventkit.logs import crash
from eventkit.metrics import looped
from eventkit.relay import BrokerUnavailable

_log = structlog.get_logger(component="loops")
_SHORTEST, _LONGEST = 0.01, 0.5
_FIRST_RETRY, _LAST_RETRY = 0.5, 10.0
# What is over when the other side is back; everything else is a bug, and ends the process.
_PASSING = (
    Unavailable,
    BrokerUnavailable,
    SourceUnavailable,
    KeysUnavailable,
    VersionConflict,
    StoreSuspect,
    Fenced,
    httpx.HTTPError,
)


class Bell:
    """Wakes another process's loop: rung after a commit, never waits, rings add up to one.

    Made before the fork, by the parent of both.
    """

    def __init__(self) -> None:
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def ring(self) -> None:
        try:
            os.write(self._write, b".")
        except BlockingIOError:
            return

    def wait(self, seconds: float) -> None:
        """Wait until somebody rings, or for so long."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._read, selectors.EVENT_READ)
            if selector.select(seconds):
                os.read(self._read, 4096)


@dataclass(frozen=True)
class Loop:
    """One loop. `wait` is what it does when there is nothing to do, `every` for how long."""

    name: str
    step: Callable[[], bool]
    close: Callable[[], None] = lambda: None
    wait: Callable[[float], None] | None = None
    every: float | None = None


def after(first: Callable[[], None], step: Callable[[], bool]) -> Callable[[], bool]:
    """The step, before which `first` went well once; what it raises is as if the step had."""
    waiting = [first]

    def stepped() -> bool:
        if waiting:
            waiting[0]()
            waiting.clear()
        return step()

    return stepped


class Loops:
    """Runs loops, each in a thread of its own, until SIGTERM or until one of them fails."""

    def __init__(self, loops: Sequence[Loop]) -> None:
        self._loops = tuple(loops)
        self._stop = Event()

    def run(self) -> None:
        """Raises what ended a loop. Call it in the main thread of a process."""
        signal.signal(signal.SIGTERM, self._on_signal)
        with ThreadPoolExecutor(len(self._loops), "loop") as threads:
            running = [threads.submit(self._run, loop) for loop in self._loops]
        for ended in running:
            ended.result()

    def stop(self) -> None:
        self._stop.set()

    def _on_signal(self, _: int, __: FrameType | None) -> None:
        self._stop.set()

    def _run(self, loop: Loop) -> None:
        try:
            self._repeat(loop)
        finally:
            self._stop.set()
            self._close(loop)

    def _repeat(self, loop: Loop) -> None:
        pause, retry = _SHORTEST, _FIRST_RETRY
        looped(loop.name)
        while not self._stop.is_set():
            try:
                busy = loop.step()
            except _PASSING as error:
                _log.warning("waiting", loop=loop.name, cause=_cause(error), seconds=retry)
                self._stop.wait(retry)
                retry = min(_LAST_RETRY, retry * 2)
                continue
            looped(loop.name)
            retry = _FIRST_RETRY
            pause = _SHORTEST if busy else min(_LONGEST, pause * 2)
            if not busy:
                (loop.wait or self._stop.wait)(loop.every or pause)

    def _close(self, loop: Loop) -> None:
        try:
            loop.close()
        except _PASSING as error:
            _log.warning("closed_without_goodbye", loop=loop.name, **crash(error))


def _cause(error: Exception) -> str:
    """The first line of an infrastructure error, which names hosts and no people."""
    return f"{type(error).__name__}: {error}".partition("\n")[0][:300]
