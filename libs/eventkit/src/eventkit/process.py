"""A role's parent process: it takes the ports, forks the children, and answers operators."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import structlog

from eventkit import health, metrics, prefork
from eventkit.disk_gauges import disk_gauges
from eventkit.gauges import Asked
from eventkit.leaving import Leaving, turn_away
from eventkit.loops import Bell
from eventkit.needs import ALL, API, WORKER, single_roles
from eventkit.process_gauges import process_gauges
from eventkit.quiet import Quiet
from eventkit.roles import Roles
from eventkit.service import Service
from eventkit.settings import Settings
from eventkit.starting import refuse_unwritable
from eventkit.supervisor import Job, Ready, Supervisor, Told
from eventkit.web import listen

_log = structlog.get_logger(component="process")
# Turns whatever a child raises into its exit code.
Guard = Callable[[Callable[[], None]], int]


class RoleProcess:
    """One role of a service, or all of them; raises what a start is refused with."""

    def __init__(self, service: Service, settings: Settings, role: str, guard: Guard) -> None:
        self._service = service
        self._settings = settings
        self._role = role
        self._guard = guard
        self._lasting = role == ALL
        # Before the fork, since it reads all migrations.
        self._readiness = health.Readiness(service, settings)
        self._leaving = Leaving()
        self._roles = Roles(
            service=service,
            settings=settings,
            bell=Bell(),
            readiness=self._readiness,
            leaving=self._leaving,
        )
        self._names = single_roles(service, settings, role)
        refuse_unwritable(settings, journal=service.people is not None, heads=WORKER in self._names)
        self._operators = listen(settings.operator_bind, "OPERATOR_BIND")
        self._listener = listen(settings.http_bind, "HTTP_BIND") if API in self._names else None
        self._folder = _metrics_folder(service.name, self._operators)

    def run(self) -> int:
        """Returns the exit code once a signal came or a child ended that should not have."""
        metrics.share(self._folder)
        quiet = Quiet()
        supervisor = Supervisor(
            list(self._jobs()),
            lasting=self._lasting,
            told=Told(
                ended=lambda pid: metrics.forget(pid, self._folder),
                leaving=self._leave,
                stopping=self._stop,
            ),
            alone=quiet.alone,
        )
        prefork.prepare()
        supervisor.start()
        _log.info("started", roles=self._names, pid=os.getpid())
        health.serve(self._operators, self._pages(supervisor), quiet)
        code = supervisor.run()
        _log.info("ended", code=code)
        return code

    def _jobs(self) -> Iterator[Job]:
        for name in self._names:
            if name == API:
                for number in range(1, self._settings.web_concurrency + 1):
                    yield Job(f"api-{number}", self._api)
            else:
                yield Job(name, partial(self._loops, name))

    def _api(self, ready: Ready) -> int:
        self._operators.close()
        assert self._listener is not None  # noqa: S101  (taken for this role)
        return self._guard(partial(self._roles.api, self._listener, ready))

    def _loops(self, name: str, ready: Ready) -> int:
        self._operators.close()
        self._stop_listening()
        return self._guard(partial(self._roles.loops, name, ready))

    def _leave(self) -> None:
        _log.info("leaving")
        self._leaving.begin()

    def _stop(self) -> None:
        self._leaving.begin()
        if self._listener is not None:
            turn_away(self._listener)
        self._stop_listening()

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()

    def _files(self) -> dict[str, str | None]:
        """What this role appends to, by the setting that names it."""
        settings = self._settings
        return {
            "ERASURE_JOURNAL": settings.erasure_journal if self._service.people else None,
            "HEADS_EXPORT": settings.heads_export if WORKER in self._names else None,
        }

    def _pages(self, supervisor: Supervisor) -> dict[str, health.Page]:
        def faults() -> list[str]:
            own = ["This process is leaving."] if self._leaving else []
            if not supervisor.is_ready():
                own.append("A child process is not ready.")
            return own + self._readiness.faults()

        name = self._service.name
        asked: list[metrics.Source] = [
            process_gauges(name, self._role, supervisor.starts),
            disk_gauges(name, self._files()),
        ]
        if API in self._names:
            asked.append(Asked(self._service, self._settings))
        exposition = metrics.Exposition(name, _version(name), self._folder, asked)
        return {
            "/livez": health.livez,
            "/readyz": health.readyz(faults, self._readiness.warnings),
            "/metrics": health.metrics(exposition.text),
        }


def _metrics_folder(service: str, operators: socket.socket) -> Path:
    """One folder a process that runs at this port, so that its next run finds and empties it."""
    port = operators.getsockname()[1]
    return Path(tempfile.gettempdir()) / f"netztreff-{os.getuid()}-{service}-{port}"


def _version(service: str) -> str:
    try:
        return version(service)
    except PackageNotFoundError:
        return "unknown"
