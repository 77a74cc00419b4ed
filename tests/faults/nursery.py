"""A role whose child is killed at one crash point after the other, and forked anew each time.

`python -m tests.faults.nursery SERVICE ROLE FILE SEED POINT…`: everything is imported once, so a
kill costs a fork and not a start. FILE gets a line for each child: its point, or `-` once every
point was had; a child that has a line after its own is dead.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

from eventkit import crash_points, logs, supervisor
from eventkit.console import Console
from eventkit.process import RoleProcess
from eventkit.run import guard
from eventkit.supervisor import Ready
from tests.faults.site import SERVICE_OF

ALIVE = "-"
# A point is passed so often before the kill, so that it does not always hit the first event.
MOST = 3


@dataclass(frozen=True)
class Plan:
    """Which child dies where."""

    file: Path
    seed: str
    points: Sequence[str]

    def arm(self) -> None:
        """Called in each new child."""
        with self.file.open("a+", encoding="utf-8") as file:
            file.seek(0)
            number = len(file.readlines())
            point = self.points[number] if number < len(self.points) else ALIVE
            file.write(f"{point}\n")
        if point != ALIVE:
            chance = Random(f"{self.seed}/{number}")
            crash_points.arm((point, chance.randint(1, MOST)))


class Nursery(RoleProcess):
    """One role, of which every child is told where to die."""

    def __init__(self, console: Console, role: str, plan: Plan) -> None:
        super().__init__(console.service, console.settings, role, partial(guard, tell=report))
        self._lasting = True
        self._plan = plan

    def _api(self, ready: Ready) -> int:
        self._plan.arm()
        return super()._api(ready)

    def _loops(self, name: str, ready: Ready) -> int:
        self._plan.arm()
        return super()._loops(name, ready)


def report(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def main(service: str, role: str, file: str, seed: str, *points: str) -> int:
    # Who dies on purpose is not held back.
    supervisor._LONGEST_PAUSE = 0.0
    os.environ["WEB_CONCURRENCY"] = "1"
    console = Console(SERVICE_OF[service])
    logs.configure(service=service, role=role, level=console.settings.log_level)
    return Nursery(console, role, Plan(Path(file), seed, points)).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
