"""The migrated database and the tables of the code are the same."""

from datetime import UTC, datetime
from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext

from eventkit.migrate import store_folders
from registry.app import SERVICE
from registry.projection.clients import is_live
from registry.tables import metadata
from tests.conftest import MakeDatabases


def test_the_migrated_database_has_the_tables_of_the_code(environment: dict[str, str]) -> None:
    url = sa.make_url(environment["MIGRATION_DATABASE_URL"])
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    own = set(metadata.tables)

    def is_own(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name in own

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_own})
        assert compare_metadata(context, metadata) == []


def test_clients_of_before_secrets_had_ids_keep_theirs(module_databases: MakeDatabases) -> None:
    made = module_databases("old_registry")
    url = made.migration_environment()["MIGRATION_DATABASE_URL"]
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    config = Config()
    folders = "\n".join(map(str, store_folders(SERVICE.migrations)))
    config.set_main_option("script_location", str(files("eventkit") / "migrations"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", folders)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "registry_0001")
        for role in ("operator", "municipality"):
            connection.execute(_OLD, {"id": role, "role": role})
        command.upgrade(config, "registry_0002")
        found = connection.execute(sa.text("SELECT client_id, scopes, secrets FROM clients"))
        rows = {row.client_id: row for row in found}
    assert rows["operator"].scopes == ["admin", "read", "write"]
    assert rows["municipality"].scopes == ["read", "write"]
    (secret,) = rows["operator"].secrets.items()
    assert (secret[0], secret[1]["digest"], secret[1]["ends_at"]) == ("first", "d", None)
    assert is_live(secret[1], datetime.now(UTC))


_OLD = sa.text(
    "INSERT INTO clients (client_id, name, role, secret_digest, active, registered_at,"
    " stream_version) VALUES (:id, 'Alt', :role, 'd', true, now(), 1)"
)


def test_every_read_model_has_a_table_of_its_own() -> None:
    tables = [model.table.name for model in SERVICE.read_models]
    assert len(set(tables)) == len(tables)
    others = {"directory_uploads", "client_secret_uses", "signing_keys"}
    assert set(tables) | others == set(metadata.tables)
