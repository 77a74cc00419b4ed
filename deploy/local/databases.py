"""Roles and databases of a service, made the same way for `make run`, tests and benchmarks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Self
from urllib.parse import quote, urlsplit

import psycopg
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

STATEMENTS = Path(__file__).parents[1] / "databases" / "service.sql"
PLACEHOLDER = re.compile(r""":(?P<quote>["'])(?P<name>\w+)(?P=quote)""")
COMMENT = re.compile(r"^--.*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Databases:
    """One service's pair of databases on one server, with the passwords of its two roles."""

    server: str
    name: str
    owner_password: str
    service_password: str

    @classmethod
    def fresh(cls, server: str, name: str) -> Self:
        """Names databases with new passwords; nothing is made on the server yet."""
        return cls(
            server=server,
            name=name,
            owner_password=token_urlsafe(18),
            service_password=token_urlsafe(18),
        )

    @property
    def keys(self) -> str:
        return f"{self.name}_keys"

    @property
    def owner(self) -> str:
        return f"{self.name}_owner"

    @property
    def service(self) -> str:
        return f"{self.name}_service"

    def url(self, database: str, role: str, password: str) -> str:
        server = urlsplit(self.server)
        place = server.netloc.rpartition("@")[2]
        who = f"{quote(role, safe='')}:{quote(password, safe='')}"
        return server._replace(netloc=f"{who}@{place}", path=f"/{database}").geturl()

    def environment(self) -> dict[str, str]:
        """The settings of a process that runs as the service's role."""
        return {
            "DATABASE_URL": self.url(self.name, self.service, self.service_password),
            "KEY_DATABASE_URL": self.url(self.keys, self.service, self.service_password),
        }

    def migration_environment(self) -> dict[str, str]:
        """The settings of `migrate`, which works as the owner and grants to the service."""
        return self.environment() | {
            "MIGRATION_DATABASE_URL": self.url(self.name, self.owner, self.owner_password),
            "MIGRATION_KEY_DATABASE_URL": self.url(self.keys, self.owner, self.owner_password),
        }


def create(databases: Databases) -> None:
    """Makes roles and databases; only names without a database yet, or it raises."""
    values = {
        "owner": databases.owner,
        "service": databases.service,
        "database": databases.name,
        "keys": databases.keys,
        "owner_password": databases.owner_password,
        "service_password": databases.service_password,
    }
    with connect(databases.server) as connection:
        for statement in statements(STATEMENTS.read_text(encoding="utf-8")):
            connection.execute(fill(statement, values))


def exist(databases: Databases) -> bool:
    """Whether the last thing that `create` makes is there."""
    with connect(databases.server) as connection:
        found = connection.execute(
            "select 1 from pg_database d join pg_roles r on r.rolname = %s "
            "where d.datname = %s and has_database_privilege(r.oid, d.oid, 'CONNECT')",
            (databases.service, databases.keys),
        ).fetchone()
    return found is not None


def drop(databases: Databases) -> None:
    """Removes databases and roles, ending whatever is still connected to them."""
    with connect(databases.server) as connection:
        for database in (databases.name, databases.keys):
            connection.execute(
                SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(database))
            )
        for role in (databases.service, databases.owner):
            connection.execute(SQL("DROP ROLE IF EXISTS {}").format(Identifier(role)))


def connect(server: str) -> psycopg.Connection[tuple[object, ...]]:
    """A connection outside any transaction, as CREATE DATABASE wants it."""
    url = urlsplit(server)._replace(scheme="postgresql").geturl()
    return psycopg.connect(url, autocommit=True, connect_timeout=10)


def statements(script: str) -> list[str]:
    bare = COMMENT.sub("", script)
    return [part.strip() for part in bare.split(";") if part.strip()]


def fill(statement: str, values: Mapping[str, str]) -> Composed:
    """Puts values in place of psql's :"identifier" and :'literal'."""
    parts: list[Composable] = []
    end = 0
    for found in PLACEHOLDER.finditer(statement):
        parts.append(_sql(statement[end : found.start()]))
        value = values[found["name"]]
        parts.append(Identifier(value) if found["quote"] == '"' else Literal(value))
        end = found.end()
    return Composed([*parts, _sql(statement[end:])])


def _sql(text: str) -> SQL:
    # The text is a file of this repository, so it is as trusted as a literal.
    return SQL(text)
