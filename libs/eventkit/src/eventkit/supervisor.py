"""Child processes that share their parent's memory: forked, watched, restarted, and ended in time.

The parent opens no client of any kind, so that nothing is shared that must not be.
"""

from __future__ import annotations

import ctypes
import gc
import mmap
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import monotonic

import structlog

_log = structlog.get_logger(component="supervisor")
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGUSR1)
# Within the 30 seconds that an orchestrator waits before it kills.
GRACE_SECONDS = 27.0
_LONGEST_PAUSE = 30.0


# A child that neither is ready nor says that it waits for something is ended after so long.
SILENCE_SECONDS = 120.0
_LOOK_SECONDS = 1.0
_IS_READY = 255


class Ready:
    """Says that a child is ready to work, or that it still waits for what it needs."""

    def __init__(self, signs: mmap.mmap, number: int) -> None:
        self._signs = signs
        self._number = number

    def __call__(self) -> None:
        self._signs[self._number] = _IS_READY

    def waiting(self) -> None:
        self._signs[self._number] = (self._signs[self._number] + 1) % _IS_READY


@dataclass(frozen=True)
class Job:
    """What a child does, from when it is ready to its exit code. `run` must not raise."""

    name: str
    run: Callable[[Ready], int]


@dataclass
class _Child:
    job: Job
    flag: int
    pid: int = 0
    starts: int = 0
    failures: int = 0
    started_at: float = 0.0
    # What it said last, and since when.
    sign: int = 0
    signed_at: float = 0.0
    due_at: float = field(default_factory=monotonic)


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who hears of each child that is gone, of an end that SIGUSR1 announced, and of one begun."""

    ended: Callable[[int], None] = lambda _: None
    leaving: Callable[[], None] = lambda: None
    stopping: Callable[[], None] = lambda: None


_NOBODY = Told()


class Supervisor:
    """Runs jobs until a signal comes. `lasting` restarts what ends, else one end ends all.

    An end with EX_CONFIG always does. Forks stand within `alone`, where the parent's threads hold
    no lock.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        *,
        lasting: bool,
        alone: Callable[[], AbstractContextManager[bool]],
        told: Told = _NOBODY,
        silence: float = SILENCE_SECONDS,
    ) -> None:
        self._signs = mmap.mmap(-1, max(1, len(jobs)))
        self._alone = alone
        self._silence = silence
        self._children = [_Child(job, flag) for flag, job in enumerate(jobs)]
        self._lasting = lasting
        self._told = told
        self._code: int | None = None

    def is_ready(self) -> bool:
        """Whether every child runs and said that it is ready."""
        return all(child.pid and self._signs[child.flag] == _IS_READY for child in self._children)

    def starts(self) -> dict[str, int]:
        """How often each child was started, the first time included."""
        return {child.job.name: child.starts for child in self._children}

    def start(self) -> None:
        """Fork all children; afterwards the parent may start threads."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
        gc.collect()
        gc.freeze()
        for child in self._children:
            self._fork(child)

    def run(self) -> int:
        """Watch the children until a signal or an end; returns the exit code of the process."""
        while self._code is None:
            told = signal.sigtimedwait(_WATCHED, self._pause())
            self._hear(told.si_signo if told else signal.SIGCHLD)
            self._reap()
            self._end_silent()
            self._restart()
        return self._stop(self._code)

    def _hear(self, number: int) -> None:
        if number == signal.SIGUSR1:
            self._told.leaving()
        elif number != signal.SIGCHLD:
            self._code = 0

    def _pause(self) -> float:
        waiting = [child.due_at for child in self._children if not child.pid]
        longest = 3600.0 if self.is_ready() else _LOOK_SECONDS
        return max(0.0, min([longest, *(due - monotonic() for due in waiting)]))

    def _end_silent(self) -> None:
        """Kill who hangs before it is ready; what follows is as after any other end."""
        for child in self._children:
            sign = self._signs[child.flag]
            if not child.pid or sign == _IS_READY:
                continue
            if sign != child.sign:
                child.sign, child.signed_at = sign, monotonic()
            elif monotonic() - child.signed_at > self._silence:
                _log.error("child_silent", job=child.job.name, seconds=self._silence)
                os.kill(child.pid, signal.SIGKILL)
                child.signed_at = monotonic()

    def _fork(self, child: _Child) -> None:
        parent = os.getpid()
        with self._alone() as is_alone:
            if not is_alone:
                return
            self._signs[child.flag] = child.sign = 0
            child.starts += 1
            child.started_at = child.signed_at = monotonic()
            child.pid = os.fork()
            if child.pid == 0:
                os._exit(_live(child.job, parent, Ready(self._signs, child.flag)))

    def _reap(self) -> None:
        for child in self._children:
            if child.pid:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
                if pid:
                    self._mourn(child, os.waitstatus_to_exitcode(status))

    def _mourn(self, child: _Child, code: int) -> None:
        self._told.ended(child.pid)
        self._signs[child.flag] = 0
        child.pid = 0
        if self._code is not None:
            return
        # What cannot start cannot start again; some find that out only after they were ready.
        if not self._lasting or code == os.EX_CONFIG:
            _log.error("child_ended", job=child.job.name, code=code)
            self._code = code if code > 0 else 1
            return
        lived_long = monotonic() - child.started_at > 60
        child.failures = 1 if lived_long else child.failures + 1
        pause = min(_LONGEST_PAUSE, 0.5 * 2 ** (child.failures - 1))
        child.due_at = monotonic() + pause
        _log.error("child_restarts", job=child.job.name, code=code, pause_seconds=pause)

    def _restart(self) -> None:
        for child in self._children:
            if self._code is None and not child.pid and child.due_at <= monotonic():
                self._fork(child)

    def _stop(self, code: int) -> int:
        """Ask the children to end, wait, and kill who does not; returns 1 where that was needed."""
        self._told.stopping()
        self._signal(signal.SIGTERM)
        deadline = monotonic() + GRACE_SECONDS
        while any(child.pid for child in self._children) and monotonic() < deadline:
            signal.sigtimedwait((signal.SIGCHLD,), max(0.0, deadline - monotonic()))
            self._reap()
        late = [child.job.name for child in self._children if child.pid]
        if not late:
            return code
        _log.error("children_killed", jobs=late)
        self._signal(signal.SIGKILL)
        return code or 1

    def _signal(self, number: int) -> None:
        for child in self._children:
            if child.pid:
                os.kill(child.pid, number)


def _live(job: Job, parent: int, ready: Ready) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # So that `ps` and `top` tell an operator which child is which.
    libc.prctl(_PR_SET_NAME, job.name.encode())
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Ctrl-C reaches the whole group; the parent alone decides what follows from it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
    if os.getppid() != parent:
        return 1
    try:
        return job.run(ready)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
