"""Brings up a whole Netztreff on this machine, in the order in which parts need one another."""

import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from local import databases, postgres
from local.credentials import Credentials
from local.identities import CALLERS, enrol, first_operator
from local.ports import answers
from local.processes import BadSetting, Command, StartFailed, last_lines, spawn, stop, wait_until
from local.progress import step
from local.registry_client import ready
from local.service_settings import (
    migration_environment,
    service_databases,
    service_environment,
    write_environment,
)
from local.settings import CHECKOUT, SERVICES, Settings, inherited

# What a process ends with when a setting can't be used.
BAD_SETTING = 78


@dataclass(frozen=True, kw_only=True)
class Child:
    """A process that should run as long as we do."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def failure(self) -> StartFailed:
        """How it ended, with its last words."""
        code = self.process.returncode
        text = f"{self.name} ended with exit code {code}. The end of {self.log}:"
        kind = BadSetting if code == BAD_SETTING else StartFailed
        return kind(f"{text}\n{last_lines(self.log)}")


@dataclass(frozen=True, kw_only=True)
class Local:
    """One run: its methods start the parts, `ending` ends them in reverse order."""

    settings: Settings
    credentials: Credentials
    ending: ExitStack
    children: list[Child] = field(default_factory=list)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def up(self) -> None:
        """Starts everything; returns when all of it takes requests."""
        server = self.settings.database_url or self.start_postgres()
        # After the server, so that these end before it, and all at once.
        self.ending.callback(stop, self.processes)
        self.prepare_databases(server)
        self.migrate(server)
        self.start_receivers()
        self.start_services(server)

    def start_postgres(self) -> str:
        """The URL of a role that may create roles and databases."""
        log = self._log("postgres")
        with step("Starting PostgreSQL"):
            server = postgres.start(
                self.settings.folder / "postgres",
                port=self.settings.postgres,
                password=self.credentials.postgres,
                log=log,
            )
        self.ending.callback(server.stop)
        self.children.append(Child(name="PostgreSQL", process=server.process, log=log))
        return server.nearest

    def prepare_databases(self, server: str) -> None:
        """Makes what is missing; on our own server, what a killed run left half made goes first."""
        pairs = [service_databases(name, server, self.credentials) for name in SERVICES]
        missing = [pair for pair in pairs if not databases.exist(pair)]
        if not missing:
            return
        with step("Creating roles and databases"):
            for pair in missing:
                if self.settings.database_url is None:
                    databases.drop(pair)
                databases.create(pair)

    def migrate(self, server: str) -> None:
        """Brings all services to their newest revision, side by side."""
        with step("Migrating the databases"):
            running = [
                self._run(
                    f"{service}-migrate",
                    [sys.executable, "-m", service, "migrate"],
                    migration_environment(service, self.settings, server, self.credentials),
                )
                for service in SERVICES
            ]
            for child in running:
                if child.process.wait():
                    raise child.failure()

    def start_services(self, server: str) -> None:
        """The registry alone where somebody has no identity yet, else all at once."""
        environment = service_environment("registry", self.settings, server, self.credentials)
        first_operator(self.credentials, environment)
        waiting = list(SERVICES)
        if any(name not in self.credentials.clients for name in CALLERS):
            waiting.remove("registry")
            with step("Starting the registry"):
                self._start(["registry"], server)
                enrol(self.credentials, self.settings)
        with step(f"Starting {' and '.join(waiting)}"):
            self._start(waiting, server)
            enrol(self.credentials, self.settings)
        # Last, for only now everybody has a client.
        for name in SERVICES:
            write_environment(name, self.settings, server, self.credentials)

    def start_receivers(self) -> None:
        """Where the example's mails and webhooks arrive."""
        settings = self.settings
        catch: Command = [str(settings.smtp), settings.mailbox]
        receive: Command = [
            str(settings.webhooks),
            settings.webhook_calls,
            settings.webhook_secrets,
        ]
        self._start_receiver("mail_catcher", settings.smtp, catch)
        self._start_receiver("webhook_receiver", settings.webhooks, receive)

    def ended(self) -> StartFailed | None:
        """How one of the parts has ended by itself."""
        for child in self.children:
            if child.process.poll() is not None:
                return child.failure()
        return None

    def _start(self, services: Iterable[str], server: str) -> None:
        started = [
            self._run(
                service,
                [sys.executable, "-m", service, "all"],
                service_environment(service, self.settings, server, self.credentials),
            )
            for service in services
        ]
        self.children.extend(started)
        for child in started:
            port = self.settings.operator(child.name)
            self._await(child, partial(ready, port))

    def _start_receiver(self, name: str, port: int, arguments: Command) -> None:
        environment = inherited() | {"PYTHONPATH": str(CHECKOUT / "deploy")}
        child = self._run(name, [sys.executable, "-m", f"local.{name}", *arguments], environment)
        self.children.append(child)
        self._await(child, lambda: answers(port))

    def _run(self, name: str, command: Command, environment: dict[str, str]) -> Child:
        log = self._log(name)
        process = spawn(command, log=log, environment=environment)
        self.processes.append(process)
        return Child(name=name, process=process, log=log)

    def _await(self, child: Child, reached: Callable[[], bool]) -> None:
        try:
            wait_until(reached, child=child.process, what=child.name, seconds=60)
        except StartFailed as failure:
            if child.process.poll() is not None:
                raise child.failure() from failure
            raise StartFailed(
                f"{failure} The end of {child.log}:\n{last_lines(child.log)}"
            ) from failure

    def _log(self, name: str) -> Path:
        """An empty log; the one of the run before stays beside it."""
        log = self.settings.logs / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        return log
