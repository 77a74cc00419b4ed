"""Processes that are killed, paused and started again, each known by its own pid."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

from local.processes import StartFailed, spawn, stop

Died = Callable[["Part"], None]


@dataclass(kw_only=True)
class Part:
    """One process with its children. `tend` starts it again when it ended though it should run.

    `once` and `prefix` count for the next start only: settings, and a command to run it under.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    cwd: Path
    ready: Callable[[], bool]
    once: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    wanted: bool = False
    starts: int = 0
    process: Popen[bytes] | None = None
    stopped: set[int] = field(default_factory=set)

    def start(self) -> None:
        """Doesn't wait until it is ready; call it in the main thread."""
        self.wanted, self.starts = True, self.starts + 1
        environment = {**self.environment, **self.once}
        command = [*self.prefix, *self.command]
        self.once, self.prefix = {}, ()
        self.process = spawn(command, log=self.log, environment=environment, cwd=self.cwd)

    def restart(self, *prefix: str, **once: str) -> None:
        """End it in order, and start it with these settings for this one life."""
        self.end()
        self.once, self.prefix = once, prefix
        self.start()

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tend(self) -> bool:
        """Start it again where it ended by itself; whether that was so."""
        if not self.wanted or self.runs():
            return False
        self.kill()
        self.start()
        return True

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, wait for that, and leave it so."""
        self.wanted = False
        self.resume()
        if self.process is not None:
            stop([self.process], how=how)

    def pids(self) -> list[int]:
        """Its own pid, and those of the children that do the work."""
        if self.process is None:
            return []
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children")
        try:
            children = listed.read_text(encoding="ascii").split()
        except (OSError, ValueError):
            children = []
        return [pid, *map(int, children)]

    def kill(self) -> None:
        """SIGKILL for all of it at once, as when the machine takes it away."""
        if self.process is not None:
            for pid in reversed(self.pids()):
                send(pid, signal.SIGKILL)
            # Children that lost their parent before are still of its group.
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.stopped.clear()

    def kill_worker(self) -> None:
        """SIGKILL for the children alone; their parent then ends by itself."""
        for pid in self.pids()[1:]:
            send(pid, signal.SIGKILL)

    def pause(self) -> None:
        for pid in self.pids():
            send(pid, signal.SIGSTOP)
            self.stopped.add(pid)

    def resume(self) -> None:
        for pid in self.stopped:
            send(pid, signal.SIGCONT)
        self.stopped.clear()


@dataclass(kw_only=True)
class Server:
    """PostgreSQL or the broker: `begin` starts it and returns once it answers."""

    name: str
    begin: Callable[[], Popen[bytes]]
    gentle: signal.Signals = signal.SIGTERM
    process: Popen[bytes] | None = None

    def start(self, seconds: float = 90) -> None:
        """Tried again for a while, for what a killed one left may stand in the way."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.process = self.begin()
            except StartFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return

    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def end(self, how: signal.Signals | None = None) -> None:
        """Signal it, and wait until it is gone; SIGQUIT is PostgreSQL's immediate stop."""
        if self.process is not None:
            stop([self.process], how=how or self.gentle, seconds=60)


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
