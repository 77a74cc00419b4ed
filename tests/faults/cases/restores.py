"""A service's database is put back to an older state than Kafka and its readers have seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any, ClassVar
from uuid import uuid4

import httpx

from local.settings import SERVICES
from tests.faults.backups import DUMP, FILES, Backup, handled, published, taken
from tests.faults.case import Case, Run
from tests.faults.load import Bearer
from tests.faults.opening import open_site
from tests.faults.operations import MEETINGS, NOTIFICATIONS, REGISTRY
from tests.faults.oracle.findings import BROKEN, INVENTED, LOST
from tests.faults.parts import Part
from tests.faults.site import SERVICE_OF, Site, Wish

# So many events before the backup, after it, and after the restore.
EVENTS = 30
PATIENCE_SECONDS = 120.0
SUSPECT = "store-suspect"


class OlderStore(Case):
    """It takes nothing until somebody says so; then all follow, and say what was lost."""

    id: ClassVar[str] = "F28"
    title: ClassVar[str] = "a store is restored from a backup older than Kafka"
    shared: ClassVar[bool] = False
    seconds: ClassVar[float] = 180
    drills: ClassVar[tuple[tuple[str, str], ...]] = (
        (REGISTRY, DUMP),
        (MEETINGS, FILES),
        (REGISTRY, FILES),
        (MEETINGS, DUMP),
    )

    def run(self, run: Run) -> None:
        with open_site(run.folder / "site", Wish()) as site:
            writer = Writer(site)
            for service, kind in run.chance.sample(self.drills, len(self.drills)):
                Drill(run, site, service, kind, writer).play()


class OlderConsumer(OlderStore):
    """Its offsets go back with it: it reads again by itself, and each event has one effect."""

    id: ClassVar[str] = "F29"
    title: ClassVar[str] = "a consumer's database is restored from an older backup"
    seconds: ClassVar[float] = 120
    drills: ClassVar[tuple[tuple[str, str], ...]] = ((NOTIFICATIONS, DUMP), (NOTIFICATIONS, FILES))


@dataclass
class Writer:
    """Writes one thing after the other to a service, each a new one."""

    site: Site
    numbers: count[int] = field(default_factory=lambda: count(1))

    def write(self, service: str, times: int) -> None:
        """So many that were acknowledged."""
        for _ in range(times):
            if not self.site.until(lambda: self.try_one(service).is_success, PATIENCE_SECONDS):
                raise RuntimeError(f"{service} takes nothing: {self.try_one(service).text}")

    def try_one(self, service: str) -> httpx.Response:
        path, body = self._thing(service, next(self.numbers))
        headers = {"Idempotency-Key": f'"{uuid4()}"'}
        url, auth = f"{self.site.url(service)}{path}", Bearer(self.site.signer, "organiser")
        try:
            return httpx.post(url, json=body, headers=headers, auth=auth, timeout=30)
        except httpx.TransportError as error:
            return httpx.Response(599, text=type(error).__name__)

    def _thing(self, service: str, number: int) -> tuple[str, dict[str, Any]]:
        if service == REGISTRY:
            return "/v1/organisations", {"name": f"Träger {number}", "kind": "association"}
        if service == MEETINGS:
            plan = {"kind": "network_meeting", "title": f"Treffen {number}", "mode": "digital"}
            return "/v1/meetings", plan
        url = f"http://127.0.0.1:{self.site.front['webhooks']}/nobody-{number}"
        return "/v1/endpoints", {"url": url, "event_types": ["programme.decided"]}


@dataclass
class Drill:
    """One restore of one service's store."""

    run: Run
    site: Site
    service: str
    kind: str
    writer: Writer

    def play(self) -> None:
        for one in SERVICES:
            self.writer.write(one, EVENTS)
        self._wait_for_followers()
        backup = self._back_up()
        for one in SERVICES:
            self.writer.write(one, EVENTS)
        self._wait_for_followers()
        lost = published(self.site, self.service) - backup.events
        if self._followers() and len(lost) < EVENTS:
            raise RuntimeError(f"only {len(lost)} events would be lost")
        self.run.injected(f"store restored from older {self.kind}", service=self.service)
        self._stop()
        backup.restore()
        self._start()
        # Copied files look like the original to a store of which nobody heard anything.
        is_seen = self.kind == DUMP or bool(lost)
        if is_seen:
            self._is_refused()
        done = self.site.command(self.service, "store-restored", *([] if is_seen else ["--yes"]))
        if done.returncode:
            self._found(BROKEN, f"store-restored says {done.stdout}{done.stderr}")
        for one in SERVICES:
            self.writer.write(one, EVENTS)
        self._wait_for_followers()
        self._is_told(lost)
        self._has_no_other_past(backup, lost)

    def _parts(self) -> list[Part]:
        names = [name for name in self.site.parts if name.startswith(f"{self.service}-")]
        return [self.site.parts[name] for name in names]

    def _stop(self) -> None:
        for part in self._parts():
            part.end()

    def _start(self) -> None:
        for part in self._parts():
            part.start()

    def _back_up(self) -> Backup:
        if self.kind == DUMP:
            return taken(self.site, self.service, self.kind)
        self._stop()
        backup = taken(self.site, self.service, self.kind)
        self._start()
        return backup

    def _is_refused(self) -> None:
        """Dumps at once, files when the relay sees that the topic is ahead."""

        def is_suspect() -> bool:
            answer = self.writer.try_one(self.service)
            return answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and SUSPECT in answer.text

        if not self.site.until(is_suspect, PATIENCE_SECONDS):
            self._found(BROKEN, "a store that went back takes writes")

    def _followers(self) -> list[str]:
        return [name for name in SERVICES if self.service in self._sources(name)]

    def _sources(self, name: str) -> list[str]:
        return [one.source for one in SERVICE_OF[name].subscriptions]

    def _wait_for_followers(self) -> None:
        """Every published event of every service has had its effect with who follows it."""

        def missing() -> dict[str, int]:
            return {
                f"{name} of {source}": len(left)
                for name in SERVICES
                for source in self._sources(name)
                if (left := published(self.site, source) - handled(self.site, name, source))
            }

        if not self.site.until(lambda: not missing(), PATIENCE_SECONDS):
            self._found(LOST, f"events without an effect: {missing()}")

    def _is_told(self, lost: frozenset[str]) -> None:
        """Who followed names each event that it had, and the store has no more."""
        for name in self._followers():

            def untold(name: str = name) -> frozenset[str]:
                return lost - told_lost(self.site, name)

            if not self.site.until(lambda: not untold(), PATIENCE_SECONDS):
                self._found(BROKEN, f"{name} does not tell of {len(untold())} of {len(lost)} lost")

    def _has_no_other_past(self, backup: Backup, lost: frozenset[str]) -> None:
        present = published(self.site, self.service)
        if back := lost & present:
            self._found(INVENTED, f"{len(back)} lost events are back in the store")
        if gone := backup.events - present:
            self._found(LOST, f"{len(gone)} events of the backup are gone")
        for name in SERVICES:
            listed = self.site.command(name, "parked", "list").stdout
            if listed.strip():
                self._found(BROKEN, f"{name} has parked: {listed[:300]}")

    def _found(self, kind: str, what: str) -> None:
        self.run.found(kind, f"restore of {self.service} from {self.kind}", what)


def told_lost(site: Site, service: str) -> frozenset[str]:
    printed = site.command(service, "lost", "list").stdout
    return frozenset(line.partition("\t")[0] for line in printed.splitlines())
