"""Bring a service's two databases to the newest revision, under the owner's role."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from eventkit.starting import newer_database

_HERE = Path(__file__).parent / "migrations"
_LOCK = 20_052_001
# The service may read and add these, and change nothing.
_APPEND_ONLY = ("events", "exported_heads")
_READ_ONLY = ("generations", "store_state", "alembic_version")


def migrate(url: str, *, service_role: str, folder: Path) -> None:
    """Upgrade the store and the service's read models; two runs at once wait for one another.

    `folder` holds the service's own revisions. One transaction: all of it or nothing.
    Raises CannotStart where a newer release has migrated.
    """
    _upgrade(url, store_folders(folder), service_role, "database")


def migrate_keys(url: str, *, service_role: str) -> None:
    """Upgrade the key database; raises CannotStart as well."""
    _upgrade(url, key_folders(), service_role, "key database")


@dataclass(frozen=True)
class Revisions:
    """What this software knows of its databases: the newest revision of each branch, and others."""

    heads: frozenset[str]
    older: frozenset[str]

    def wait_for(self, found: set[str]) -> bool:
        """Whether a database with these has yet to be migrated.

        One that is unknown here comes from a later release, beside which this one may still run.
        """
        return len(found) < len(self.heads) or not found.isdisjoint(self.older)

    def unknown(self, found: set[str]) -> set[str]:
        """Those of a later release."""
        return found - self.heads - self.older


def revisions(folders: list[Path]) -> Revisions:
    """All revisions that lie in these folders."""
    scripts = ScriptDirectory.from_config(_config(folders))
    heads = frozenset(scripts.get_heads())
    return Revisions(heads, frozenset(one.revision for one in scripts.walk_revisions()) - heads)


def store_folders(folder: Path) -> list[Path]:
    """Where the revisions of a service's store lie: the kit's and its own."""
    return [_HERE / "store", folder]


def key_folders() -> list[Path]:
    """Where the revisions of a key database lie."""
    return [_HERE / "keys"]


def _config(folders: list[Path]) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(folder) for folder in folders))
    return config


def _upgrade(url: str, folders: list[Path], service_role: str, name: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if unknown := revisions(folders).unknown(applied(connection)):
            raise newer_database(name, unknown)
        config = _config(folders)
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
        _grant(connection, service_role)


def applied(connection: sa.Connection) -> set[str]:
    """The revisions that a database has; none where it was never migrated."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return set()
    return set(connection.scalars(sa.text("SELECT version_num FROM alembic_version")))


def _grant(connection: sa.Connection, role: str) -> None:
    quoted = connection.dialect.identifier_preparer.quote(role)
    for table in sa.inspect(connection).get_table_names():
        rights = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE"
        if table in _APPEND_ONLY:
            rights = "SELECT, INSERT"
        if table in _READ_ONLY:
            rights = "SELECT"
        connection.exec_driver_sql(f'GRANT {rights} ON "{table}" TO {quoted}')
    connection.exec_driver_sql(f"GRANT SELECT, USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
