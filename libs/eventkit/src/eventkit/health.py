"""What operators ask a process: does it live, is it ready, how does it do. Not for the public."""

from __future__ import annotations

import mmap
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa

from eventkit.migrate import applied, key_folders, revisions, store_folders
from eventkit.quiet import Quiet
from eventkit.service import Service
from eventkit.settings import Settings
from eventkit.starting import newer_database

_JSON = "application/json"
_METRICS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    status: int
    content_type: str
    body: bytes


Page = Callable[[], Reply]


class Readiness:
    """Whether the databases answer and have at least the tables that this software wants.

    Opens a connection for each question and keeps none.
    """

    def __init__(self, service: Service, settings: Settings) -> None:
        self._engines = {
            "database": probe(settings.database_url),
            "key database": probe(settings.key_database_url),
        }
        self._revisions = {
            "database": revisions(store_folders(service.migrations)),
            "key database": revisions(key_folders()),
        }
        # Shared with all children: what started once goes on beside a newer release.
        self._passed = mmap.mmap(-1, 1)

    def faults(self) -> list[str]:
        """What is missing, a sentence each; empty when all is well."""
        return [fault for name in self._engines for fault in self._look(name)]

    def refuse_newer(self) -> None:
        """Raise CannotStart where a newer release has migrated, unless a child started before."""
        if self._passed[0]:
            return
        for name in self._engines:
            if unknown := self._unknown(name):
                raise newer_database(name, unknown)
        self._passed[0] = 1

    def is_newer(self) -> bool:
        """Whether a newer release has migrated one of the databases."""
        return any(self._unknown(name) for name in self._engines)

    def warnings(self) -> list[str]:
        """What keeps nobody from reading, and wants an operator; empty when all is well."""
        try:
            with self._engines["database"].connect() as connection:
                found = connection.scalar(sa.text("SELECT store_suspicion()"))
        except (sa.exc.DBAPIError, psycopg.OperationalError):
            return []
        if found is None:
            return []
        return [f"The store takes no events before store-restored was said: {found}."]

    def _unknown(self, name: str) -> set[str]:
        with self._engines[name].connect() as connection:
            return self._revisions[name].unknown(applied(connection))

    def _look(self, name: str) -> list[str]:
        try:
            with self._engines[name].connect() as connection:
                found = applied(connection)
        except (sa.exc.OperationalError, psycopg.OperationalError) as error:
            return [f"The {name} does not answer: {_first_line(error)}."]
        if not found:
            return [f"The {name} was never migrated."]
        if self._revisions[name].wait_for(found):
            return [f"The {name} waits for its migration."]
        return []


def serve(listener: socket.socket, pages: Mapping[str, Page], quiet: Quiet) -> None:
    """Answer operators from now on, in threads of this process."""
    server = _Server(listener, pages, quiet)
    Thread(target=server.serve_forever, name="operators", daemon=True).start()


def livez() -> Reply:
    """The process runs; nothing else is asked, so that a dead database restarts nobody."""
    return Reply(200, _JSON, b'{"alive":true}')


def readyz(
    faults: Callable[[], Iterable[str]], warnings: Callable[[], Iterable[str]] = tuple
) -> Page:
    """Ready when there are no faults; 503 names them otherwise. Warnings keep nobody away."""

    def page() -> Reply:
        found = list(faults())
        told = {"ready": not found, "faults": found, "warnings": list(warnings())}
        body = orjson.dumps(told)
        return Reply(503 if found else 200, _JSON, body)

    return page


def metrics(text: Callable[[], bytes]) -> Page:
    return lambda: Reply(200, _METRICS, text())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket, pages: Mapping[str, Page], quiet: Quiet) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.pages = pages
        self.quiet = quiet


class _Handler(BaseHTTPRequestHandler):
    timeout = 5
    server_version = "netztreff"
    sys_version = ""

    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)  # noqa: S101  (for the types)
        page = self.server.pages.get(self.path.partition("?")[0])
        with self.server.quiet.work():
            reply = page() if page else Reply(404, _JSON, b'{"error":"not found"}')
        self._send(reply)

    do_HEAD = do_GET  # noqa: N815  (http.server looks for this name)

    def log_message(self, format: str, *args: Any) -> None:
        """Probes and scrapes are not worth a line."""

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)


def probe(url: str) -> sa.Engine:
    """An engine for short questions: it keeps no connection, and gives up after three seconds.

    Also where the network dies while it waits, for no child is forked as long as operators ask.
    """
    return sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args={
            "connect_timeout": 3,
            "tcp_user_timeout": 3_000,
            "keepalives_idle": 1,
            "keepalives_interval": 1,
            "keepalives_count": 2,
            "options": "-c statement_timeout=3s",
        },
    )


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).partition("\n")[0].rstrip(".")
