"""The migrated database and the tables of the code are the same."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from registry.app import SERVICE
from registry.tables import metadata


def test_the_migrated_database_has_the_tables_of_the_code(environment: dict[str, str]) -> None:
    url = sa.make_url(environment["MIGRATION_DATABASE_URL"])
    engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), poolclass=sa.NullPool)
    own = set(metadata.tables)

    def is_own(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name in own

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_own})
        assert compare_metadata(context, metadata) == []


def test_every_read_model_has_a_table_of_its_own() -> None:
    tables = [model.table.name for model in SERVICE.read_models]
    assert len(set(tables)) == len(tables)
    others = {"directory_uploads", "client_secret_uses", "signing_keys"}
    assert set(tables) | others == set(metadata.tables)
