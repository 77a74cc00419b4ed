"""Backups of one service's store, taken and put back as an operator would."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.sql import SQL, Identifier

from contracts.catalog import event_types
from local.databases import connect
from local.postgres import binaries
from tests.faults.dump import connected
from tests.faults.site import Site

DUMP, FILES = "pg_dump", "copied files"
_TERMINATE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
_PUBLISHED = "SELECT event_id::text FROM events WHERE type <> ALL(%s)"
_HANDLED = "SELECT event_id::text FROM inbox WHERE source = %s"


@dataclass(frozen=True)
class Backup:
    """What a service's store was at a time; a restored dump differs from copied files inside."""

    site: Site
    service: str
    kind: str
    file: Path
    events: frozenset[str]

    @property
    def copy(self) -> str:
        return f"{self.site.database(self.service).name}_backup"

    def restore(self) -> None:
        """In the place of the live database; nobody of the service may run."""
        made = self.site.database(self.service)
        with connect(made.server) as server:
            server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(made.name)))
        if self.kind == DUMP:
            _run("pg_restore", "--create", "-d", _plain(made.server), str(self.file))
        else:
            copied(self.site, self.service, self.copy, made.name)
            self.drop()

    def drop(self) -> None:
        with connect(self.site.database(self.service).server) as server:
            server.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(self.copy)))


def taken(site: Site, service: str, kind: str) -> Backup:
    """While everybody works; copied files want that nobody of the service runs."""
    made = site.database(service)
    file = site.folder / f"{made.name}.dump"
    if kind == DUMP:
        administrator = made.url(made.name, "postgres", site.credentials.postgres)
        _run("pg_dump", "-Fc", "-f", str(file), _plain(administrator))
        backup = Backup(site, service, kind, file, held(file))
    else:
        backup = Backup(site, service, kind, file, published(site, service))
        copied(site, service, made.name, backup.copy)
    return backup


def copied(site: Site, service: str, old: str, new: str) -> None:
    """The files of a database, under another name."""
    made = site.database(service)
    with connect(made.server) as server:
        server.execute(_TERMINATE, (old,))
        statement = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY OWNER {}"
        names = Identifier(new), Identifier(old), Identifier(made.owner)
        server.execute(SQL(statement).format(*names))
        grant = "GRANT CONNECT ON DATABASE {} TO {}"
        server.execute(SQL(grant).format(Identifier(new), Identifier(made.service)))


def held(file: Path) -> frozenset[str]:
    """The events in a dump, as pg_restore prints the table's data: the fourth column is the id."""
    printed = _run("pg_restore", "--data-only", "-t", "events", "-f", "-", str(file))
    rows = printed.partition("COPY public.events")[2].partition("\n")[2].partition("\n\\.")[0]
    private = {one.name for one in event_types() if not one.is_published}
    columns = (row.split("\t") for row in rows.splitlines())
    return frozenset(row[3] for row in columns if row[4] not in private)


def published(site: Site, service: str) -> frozenset[str]:
    """The ids of everything that others have to hear of."""
    private = sorted({one.name for one in event_types() if not one.is_published})
    return _ids(site, service, _PUBLISHED, private)


def handled(site: Site, service: str, source: str) -> frozenset[str]:
    """The ids of the source's events that this service has had."""
    return _ids(site, service, _HANDLED, source)


def _ids(site: Site, service: str, query: str, *values: object) -> frozenset[str]:
    with connected(site, service) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(query, values).fetchall()
    return frozenset(str(one) for (one,) in rows)


def _run(program: str, *arguments: str) -> str:
    command = [str(binaries() / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{program}: {done.stderr}")
    return done.stdout


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")
