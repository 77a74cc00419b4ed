"""Several relays and consumers of one source: one works, another takes over, none goes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from local.settings import SERVICES
from tests.faults.case import Case, Run
from tests.faults.dump import connected
from tests.faults.oracle.findings import BROKEN, LOST, REORDERED
from tests.faults.parts import Part
from tests.faults.settle import published_count

# What the promise says, for a takeover and after a change among consumers.
TAKEOVER_SECONDS = 30.0
CATCH_UP_SECONDS = 120.0
FOLLOWERS = ("meetings", "notifications")
_RELAY = "SELECT position, epoch, log FROM relays"
_LAST = "SELECT coalesce(max(position), 0) FROM events"
_INBOX = "SELECT count(*) FROM inbox WHERE source = %s"
_TERMINATE = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name = %s AND datname = current_database()"
)


@dataclass
class Watch:
    """Looks at one relay's row again and again: its position and its epoch only rise."""

    run: Run
    service: str
    position: int = 0
    epoch: int = 0
    log: str | None = None

    def look(self) -> None:
        with connected(self.run.site, self.service) as connection:
            row = connection.execute(_RELAY).fetchone()
        if row is None:
            return
        position, epoch, log = row
        if epoch < self.epoch or (log == self.log and position < self.position):
            now = f"position {position}, epoch {epoch}"
            told = f"{now} after position {self.position}, epoch {self.epoch}"
            self.run.found(REORDERED, "F24", f"{self.service}'s relay went back: {told}")
        self.position, self.epoch, self.log = position, epoch, log

    def reaches(self, position: int) -> bool:
        self.look()
        return self.position >= position


class TwoRelays(Case):
    """The one that works is killed, paused, or loses its sessions; then the other one."""

    id: ClassVar[str] = "F24"
    title: ClassVar[str] = "two relays, and the leading one is taken away"
    weight: ClassVar[int] = 2
    seconds: ClassVar[float] = 45

    def run(self, run: Run) -> None:
        service = run.chance.choice(SERVICES)
        first = run.site.parts[f"{service}-relay"]
        second = run.site.add(service, "relay", 2)
        run.site.until(second.ready, seconds=60)
        watch = Watch(run, service)
        # What an outage before this has left to do is no part of a takeover.
        run.site.until(lambda: watch.reaches(last_position(run, service)), CATCH_UP_SECONDS)
        for part in run.chance.sample([first, second], 2):
            trouble(run, service, part)
            takes_over(run, watch)
            part.resume()
            run.site.until(part.ready, seconds=60)
            takes_over(run, watch)
        run.site.remove(second)


def trouble(run: Run, service: str, part: Part) -> None:
    kind = run.chance.choice(["kill", "pause", "pause", "terminate"])
    if kind == "kill":
        run.injected("relay killed beside another", part=part.name)
        part.kill()
    elif kind == "pause":
        run.injected("relay paused beside another", part=part.name)
        part.pause()
        run.site.sleep(run.chance.choice([1, 12]))
    else:
        run.injected("database sessions terminated", service=service)
        with connected(run.site, service) as connection:
            connection.execute(_TERMINATE, (service,))


def last_position(run: Run, service: str) -> int:
    with connected(run.site, service) as connection:
        row = connection.execute(_LAST).fetchone()
    return int(row[0]) if row else 0


def takes_over(run: Run, watch: Watch) -> None:
    """What is stored by now is published within the time that is promised."""
    last = last_position(run, watch.service)
    began = time.monotonic()
    if not run.site.until(lambda: watch.reaches(last), seconds=TAKEOVER_SECONDS):
        late = run.site.until(lambda: watch.reaches(last), seconds=120)
        after = f"{time.monotonic() - began:.0f} s" if late else "two minutes without end"
        run.found(BROKEN, "F24", f"{watch.service}'s relay was taken over only after {after}")


def catches_up(run: Run, service: str, where: str) -> None:
    """What is stored by now is published, once nothing is in the way any more."""
    watch, last = Watch(run, service), last_position(run, service)
    if not run.site.until(lambda: watch.reaches(last), CATCH_UP_SECONDS):
        told = (
            f"{service}'s relay stands at {watch.position} of {last} though nothing is in the way"
        )
        run.found(LOST, where, told)


class Rebalances(Case):
    """Consumers of one service join, leave, are killed and stand still, one every few seconds."""

    id: ClassVar[str] = "F9"
    title: ClassVar[str] = "consumers come and go"
    weight: ClassVar[int] = 2
    seconds: ClassVar[float] = 45
    changes: ClassVar[int] = 6

    def run(self, run: Run) -> None:
        service = run.chance.choice(FOLLOWERS)
        crowd = Crowd(run, service)
        run.site.until(crowd.has_all, CATCH_UP_SECONDS)
        for _ in range(self.changes):
            before = crowd.handled()
            crowd.change()
            run.injected("rebalance: a consumer joins, leaves, dies or stands still")
            run.site.sleep(run.chance.uniform(1, 5))
            if not run.site.until(partial(crowd.goes_on, before), seconds=TAKEOVER_SECONDS):
                run.found(BROKEN, "F9", f"{service} has no progress 30 s after a change")
        crowd.part()


@dataclass
class Crowd:
    """The consumers of one service beside its first one."""

    run: Run
    service: str

    def __post_init__(self) -> None:
        self.more: list[Part] = []
        self.sources = ["registry"] if self.service == "meetings" else ["registry", "meetings"]
        self._numbers = iter(range(2, 1000))
        self._paused: Part | None = None

    def change(self) -> None:
        """One of them joins, leaves, dies, stands still or goes on."""
        if self._paused is not None:
            self._paused.resume()
            self._paused = None
        changes: list[Callable[[], None]] = [self._join]
        if self.more:
            changes += [self._leave, self._die, self._stand_still]
        if len(self.more) >= 2:
            changes.remove(self._join)
        self.run.chance.choice(changes)()

    def handled(self) -> dict[str, int]:
        """How much of each source had its effect."""
        with connected(self.run.site, self.service) as connection:
            return {
                source: (connection.execute(_INBOX, (source,)).fetchone() or (0,))[0]
                for source in self.sources
            }

    def goes_on(self, before: dict[str, int]) -> bool:
        """Whether each source was followed since, or has nothing more to tell."""
        return all(
            count > before[source] or count >= published_count(self.run.site, source)
            for source, count in self.handled().items()
        )

    def has_all(self) -> bool:
        stored = {source: published_count(self.run.site, source) for source in self.sources}
        return all(count >= stored[source] for source, count in self.handled().items())

    def part(self) -> None:
        for part in self.more:
            self.run.site.remove(part)

    def _all(self) -> list[Part]:
        return [self.run.site.parts[f"{self.service}-consumer"], *self.more]

    def _join(self) -> None:
        self.more.append(self.run.site.add(self.service, "consumer", next(self._numbers)))

    def _leave(self) -> None:
        part = self.run.chance.choice(self.more)
        self.more.remove(part)
        self.run.site.remove(part)

    def _die(self) -> None:
        self.run.chance.choice(self._all()).kill()

    def _stand_still(self) -> None:
        self._paused = self.run.chance.choice(self._all())
        self._paused.pause()
