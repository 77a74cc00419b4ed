"""A PostgreSQL with its default durable settings, thrown away after the run, and a kit on it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from eventkit.kits import open_kit
from eventkit.migrate import migrate, migrate_keys
from eventkit.readmodel import ReadModel
from eventkit.service import Service
from eventkit.settings import Settings
from eventkit.unit import Kit
from local import postgres
from local.databases import Databases, create
from local.ports import free_port

DURABLE = {"max_connections": "100"}
KEY = b64encode(b"benchmark key of thirty-two byte").decode()


@contextmanager
def running_server() -> Iterator[str]:
    """The URL of the superuser of a server in a temporary folder."""
    with TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = postgres.start(
            home / "data",
            port=free_port(),
            password=KEY,
            log=home / "log",
            options=DURABLE,
        )
        try:
            yield server.nearest
        finally:
            server.stop()


def migrated(server: str, name: str, folder: Path) -> Databases:
    """Fresh databases with the kit's tables and a service's own."""
    databases = Databases.fresh(server, name)
    create(databases)
    urls = databases.migration_environment()
    migrate_keys(urls["MIGRATION_KEY_DATABASE_URL"], service_role=databases.service)
    migrate(urls["MIGRATION_DATABASE_URL"], service_role=databases.service, folder=folder)
    return databases


@contextmanager
def bench_kit(
    databases: Databases, read_models: tuple[ReadModel, ...], pool_size: int
) -> Iterator[Kit]:
    """A kit that works as the service's role; its read models' tables are made here."""
    owner = sa.create_engine(databases.migration_environment()["MIGRATION_DATABASE_URL"])
    with owner.begin() as connection:
        for model in read_models:
            model.table.create(connection, checkfirst=True)
            connection.exec_driver_sql(
                f'GRANT ALL ON "{model.table.name}" TO "{databases.service}"'
            )
    owner.dispose()
    settings = Settings.from_env(databases.environment() | {"MASTER_KEY": KEY, "CHAIN_KEY": KEY})
    service = Service(name="bench", read_models=read_models, migrations=Path())
    kit = open_kit(service, settings, pool_size=pool_size)
    try:
        yield kit
    finally:
        kit.close()
