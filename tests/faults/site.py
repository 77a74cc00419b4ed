"""A whole Netztreff whose every role is a process of its own, with servers of its own, on loopback.

Everything is started from the main thread and ended by its own pid.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from eventkit.auth.tokens import Signer
from local.credentials import Credentials
from local.databases import Databases
from local.ports import LOOPBACK, free_port
from local.processes import StartFailed, last_lines
from local.registry_client import ready
from local.service_settings import migration_environment, service_databases, service_environment
from local.settings import CHECKOUT, SERVICES, Settings
from meetings.app import SERVICE as MEETINGS
from notifications.app import SERVICE as NOTIFICATIONS
from registry.app import SERVICE as REGISTRY
from tests.faults.parts import Part, Server

SERVICE_OF = {service.name: service for service in (REGISTRY, MEETINGS, NOTIFICATIONS)}
ROLES = {
    "registry": ("api", "relay", "worker"),
    "meetings": ("api", "relay", "consumer", "worker"),
    "notifications": ("api", "relay", "consumer", "worker"),
}
# Nobody is slowed down: the load asks more in a minute than anybody may.
OWN = {
    "RATE_LIMIT_PER_CLIENT": "off",
    "RATE_LIMIT_PER_TENANT": "off",
    "RATE_LIMIT_PER_ADDRESS": "off",
    "RATE_LIMIT_TOKENS": "off",
    "RATE_LIMIT_PER_SERVICE": "off",
    "MAILS_PER_RECIPIENT_PER_DAY": "0",
    "WEB_THREADS": "8",
    "LOG_LEVEL": "WARNING",
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a case wants of its site.

    The services reach the servers in `fronts` (postgres, kafka, smtp, webhooks) at `front`'s ports
    instead of `back`'s; `prepare` is entered before anything starts, to listen there.
    """

    kafka: bool = True
    fronts: tuple[str, ...] = ()
    prepare: Callable[[Site], AbstractContextManager[object]] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Site:
    """A running installation in a folder of its own."""

    folder: Path
    wish: Wish
    settings: Settings
    credentials: Credentials
    back: dict[str, int]
    front: dict[str, int]
    servers: dict[str, Server] = field(default_factory=dict)
    parts: dict[str, Part] = field(default_factory=dict)
    restarts: int = 0
    # Called all the time while something is waited for.
    tick: Callable[[], None] = lambda: None

    @property
    def signer(self) -> Signer:
        """Makes tokens of any role, as the registry would."""
        return Signer.from_settings(
            SERVICE_OF["registry"].settings.from_env(self.environment("registry"))
        )

    def url(self, service: str) -> str:
        return self.settings.url(service)

    def database(self, service: str, *, front: bool = False) -> Databases:
        port = (self.front if front else self.back)["postgres"]
        server = f"postgresql://postgres:{self.credentials.postgres}@{LOOPBACK}:{port}/postgres"
        return service_databases(service, server, self.credentials)

    def environment(self, service: str) -> dict[str, str]:
        """What a role of the service reads, but for its operators' port."""
        server = self.database(service, front=True).server
        more = OWN | {"SMTP_URL": f"smtp://{LOOPBACK}:{self.front['smtp']}"}
        return (
            service_environment(service, self.settings, server, self.credentials)
            | more
            | dict(self.wish.settings)
        )

    def command(
        self, service: str, *arguments: str, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """A command of a service that ends by itself, under the owner's role."""
        server = self.database(service).server
        environment = migration_environment(service, self.settings, server, self.credentials)
        return subprocess.run(
            [sys.executable, "-m", service, *arguments],
            env=environment | OWN | dict(self.wish.settings) | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def migrate(self) -> None:
        """Databases to their newest revision, and topics where they are missing."""
        with ThreadPoolExecutor(len(SERVICES)) as threads:
            ended = threads.map(lambda service: self.command(service, "migrate"), SERVICES)
        for service, done in zip(SERVICES, ended, strict=True):
            if done.returncode:
                raise StartFailed(f"{service} migrate: {done.stdout}{done.stderr}")

    def add(self, service: str, role: str, number: int = 1) -> Part:
        """One more process of a role; started, not waited for."""
        name = f"{service}-{role}" if number == 1 else f"{service}-{role}-{number}"
        operators = free_port()
        if role == "api" and number == 1:
            operators = self.settings.operator(service)
        environment = self.environment(service) | {"OPERATOR_BIND": f"{LOOPBACK}:{operators}"}
        self.parts[name] = Part(
            name=name,
            command=[sys.executable, "-m", service, role],
            environment=environment,
            log=self.folder / "log" / f"{name}.log",
            cwd=CHECKOUT,
            ready=partial(ready, operators),
        )
        self.parts[name].start()
        return self.parts[name]

    def remove(self, part: Part) -> None:
        """End a process that was added, for good."""
        part.end()
        del self.parts[part.name]

    def tend(self) -> None:
        """Start again what ended by itself, as a supervisor would."""
        self.restarts += sum(part.tend() for part in list(self.parts.values()))

    def sleep(self, seconds: float) -> None:
        """Wait, and tend meanwhile."""
        self.until(lambda: False, seconds)

    def until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is true, and tend meanwhile; whether it came true in time."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= deadline:
                return False
            self.tend()
            self.tick()
            time.sleep(0.05)
        return True

    def heal(self) -> None:
        """Bring everything back that should run, and wait until all of it is ready."""
        for server in self.servers.values():
            if not server.runs():
                server.start()
        for part in self.parts.values():
            part.resume()
            part.wanted = True
        for part in list(self.parts.values()):
            if not self.until(part.ready, seconds=120):
                raise StartFailed(f"{part.name} does not get ready.\n{last_lines(part.log, 15)}")

    def end(self) -> None:
        for part in reversed(list(self.parts.values())):
            part.wanted = False
            part.resume()
        for part in reversed(list(self.parts.values())):
            part.end()
        for server in reversed(list(self.servers.values())):
            server.end()
        for part in self.parts.values():
            forget_metrics(part)


def forget_metrics(part: Part) -> None:
    """What a killed process left of its counts."""
    port = part.environment.get("OPERATOR_BIND", "").rpartition(":")[2]
    for service in SERVICES:
        folder = Path(tempfile.gettempdir()) / f"netztreff-{os.getuid()}-{service}-{port}"
        shutil.rmtree(folder, ignore_errors=True)
