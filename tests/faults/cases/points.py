"""Every named crash point: the process dies there, and another one goes on."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from eventkit.crash_points import POINTS
from local.settings import CHECKOUT, SERVICES
from tests.faults.case import Case, Run
from tests.faults.dump import connected
from tests.faults.nursery import ALIVE
from tests.faults.oracle.findings import BROKEN
from tests.faults.parts import Part

# Who comes by at the points of a first word; of several services one is drawn.
ROLES: dict[str, tuple[tuple[str, ...], str]] = {
    "api": (("registry", "meetings"), "api"),
    "append": (("registry", "meetings"), "api"),
    "relay": (SERVICES, "relay"),
    "consumer": (("meetings", "notifications"), "consumer"),
    "webhook": (("notifications",), "worker"),
    "mail": (("notifications",), "worker"),
    "heads": (("notifications",), "worker"),
}
# A command comes by at these.
REBUILD = "rebuild.page"
# The leases of a process that is surely dead, as if their time had passed.
OVER = {
    "relay": "UPDATE relays SET held_until = now()",
    "consumer": "UPDATE consumers SET held_until = now()",
    "worker": "UPDATE delivery_claims SET leased_until = now() WHERE leased_until > now()",
}
KILLED = b'"code":-9'
# So long a process may take to come by at its point, under load.
PATIENCE_SECONDS = 180.0


class CrashPoints(Case):
    """Each point of the list, so many times: what is asked for again is answered as if once."""

    id: ClassVar[str] = "F6-points"
    title: ClassVar[str] = "killed at each named crash point, once"
    weight: ClassVar[int] = 0
    seconds: ClassVar[float] = 90
    times: ClassVar[int] = 1

    def run(self, run: Run) -> None:
        drawn = {word: (run.chance.choice(names), role) for word, (names, role) in ROLES.items()}
        # One process has the points of both, and dies at them in turn.
        drawn["append"] = drawn["api"]
        for roles in (("relay", "consumer", "worker"), ("api",)):
            with ExitStack() as doomed:
                wards = [
                    doomed.enter_context(ward(run, *where, points_of(drawn, where) * self.times))
                    for where in sorted({one for one in drawn.values() if one[1] in roles})
                ]
                watch(run, wards)
        rebuilds(run, self.times)


class ManyCrashPoints(CrashPoints):
    """The figure that is asked for."""

    id: ClassVar[str] = "F6-points-20"
    title: ClassVar[str] = "killed at each named crash point, 20 times"
    seconds: ClassVar[float] = 600
    times: ClassVar[int] = 20


def points_of(drawn: dict[str, tuple[str, str]], where: tuple[str, str]) -> list[str]:
    """The points of the list at which this service's role comes by."""
    return [point for point in POINTS if drawn.get(point.partition(".")[0]) == where]


@dataclass
class Ward:
    """A process that runs in the nursery for a while, and how far it has come."""

    part: Part
    points: Sequence[str]
    file: Path
    told: int = 0
    since: float = field(default_factory=time.monotonic)

    def begun(self) -> list[str]:
        """The points of the children there have been, `-` for one that may live."""
        return self.file.read_text("utf-8").split() if self.file.exists() else []

    @property
    def is_over(self) -> bool:
        return ALIVE in self.begun()


@contextmanager
def ward(run: Run, service: str, role: str, points: Sequence[str]) -> Iterator[Ward]:
    """The service's role with these points ahead; as it was, afterwards."""
    part = run.site.parts[f"{service}-{role}"]
    file = run.site.folder / f"kills-{part.name}-{run.chance.getrandbits(32):08x}"
    usual, paths = (part.command, part.environment), f"{CHECKOUT}:{CHECKOUT / 'deploy'}"
    part.end()
    seed = str(run.chance.random())
    module = [sys.executable, "-m", "tests.faults.nursery"]
    part.command = [*module, service, role, str(file), seed, *points]
    heads = {"HEADS_EXPORT": f"{file}-heads", "HEADS_EXPORT_SECONDS": "1"}
    part.environment = {**part.environment, **heads, "PYTHONPATH": paths}
    logged = part.log.stat().st_size
    part.start()
    yield Ward(part, points, file)
    part.end()
    killed = part.log.read_bytes()[logged:].count(KILLED)
    if killed != len(points):
        told = f"{part.name}: {killed} of {len(points)} children died of SIGKILL"
        run.found(BROKEN, "F6-points", told)
    part.command, part.environment = usual
    part.start()
    run.site.until(part.ready, seconds=60)


def watch(run: Run, wards: Sequence[Ward]) -> None:
    """Until every child has died where it should, or one does not come by at its point."""
    while not all(ward.is_over for ward in wards):
        run.site.sleep(0.5)
        for ward in wards:
            count_dead(run, ward)
            end_leases(run, ward)
        if late := [ward for ward in wards if is_late(ward)]:
            for ward in late:
                told = f"{ward.part.name} never came by at {ward.begun()[-1:]}"
                run.found(BROKEN, "F6-points", told)
            return
    for ward in wards:
        count_dead(run, ward)


def count_dead(run: Run, ward: Ward) -> None:
    """A child that another one has followed is dead."""
    dead = ward.begun()[:-1]
    for point in dead[ward.told :]:
        run.injected(f"crash point {point}", part=ward.part.name)
        ward.since = time.monotonic()
    ward.told = len(dead)


def is_late(ward: Ward) -> bool:
    return not ward.is_over and time.monotonic() - ward.since > PATIENCE_SECONDS


def end_leases(run: Run, ward: Ward) -> None:
    service, _, role = ward.part.name.partition("-")
    if role in OVER:
        with connected(run.site, service) as connection:
            connection.execute(OVER[role])


def rebuilds(run: Run, times: int) -> None:
    """A rebuild that was killed goes on where it stood; one that comes to its end begins anew."""
    service, killed = run.chance.choice(SERVICES), 0
    crash = {"ALLOW_CRASH_POINTS": "1", "CRASH_AT": REBUILD}
    for _ in range(3 * times):
        if killed == times:
            break
        ended = run.site.command(service, "rebuild", **crash)
        if ended.returncode == -signal.SIGKILL:
            killed += 1
            run.injected(f"crash point {REBUILD}", service=service)
    if killed < times or run.site.command(service, "rebuild").returncode:
        run.found(BROKEN, "F6-points", f"{service}: the rebuild was killed {killed} times")
