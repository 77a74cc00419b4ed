"""Processes that are killed and paused at any moment."""

from __future__ import annotations

from typing import ClassVar

from tests.faults.case import Case, Run
from tests.faults.parts import Part

KILL, PAUSE = "SIGKILL of a process", "SIGSTOP, then SIGCONT"


class RandomKill(Case):
    """Any role of any service, the process that works or all of it at once."""

    id: ClassVar[str] = "F6"
    title: ClassVar[str] = "random SIGKILL of a process"
    weight: ClassVar[int] = 6
    seconds: ClassVar[float] = 8

    def run(self, run: Run) -> None:
        killed = run.chance.sample(parts(run), run.chance.choice([1, 1, 2, 3]))
        before = {part.name: part.starts for part in killed}
        for part in killed:
            run.site.sleep(run.chance.uniform(0, 1))
            worker_only = run.chance.random() < 0.5
            run.injected(KILL, part=part.name, worker_only=worker_only)
            if worker_only:
                part.kill_worker()
            else:
                part.kill()
        run.site.until(lambda: all(part.starts > before[part.name] for part in killed), 30)
        run.site.until(lambda: all(part.ready() for part in killed), seconds=60)


class RandomPause(Case):
    """Long enough, at times, for leases and timeouts to pass."""

    id: ClassVar[str] = "F6-pause"
    title: ClassVar[str] = "random SIGSTOP and SIGCONT of a process"
    weight: ClassVar[int] = 3
    seconds: ClassVar[float] = 12

    def run(self, run: Run) -> None:
        part = run.chance.choice(parts(run))
        seconds = run.chance.choice([0.5, 2, 5, 15, 25])
        run.injected(PAUSE, part=part.name, seconds=seconds)
        part.pause()
        run.site.sleep(seconds)
        part.resume()
        run.site.until(part.ready, seconds=60)


def parts(run: Run) -> list[Part]:
    """The processes of the services."""
    names = sorted(name for name in run.site.parts if name != "receivers")
    return [run.site.parts[name] for name in names]
