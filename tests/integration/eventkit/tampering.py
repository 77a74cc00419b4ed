"""What somebody does to a store who has the rights of its owner."""

import psycopg

from local.databases import Databases

_KEPT = ("events", "stream_heads", "heads_progress", "exported_heads")


def as_owner(databases: Databases, statements: str) -> None:
    """Run SQL past every guard of ours."""
    url = databases.migration_environment()["MIGRATION_DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(url) as owner:
        owner.execute(statements)


def back_up(databases: Databases) -> None:
    """Keep the store as it is, for `restore`."""
    as_owner(databases, "".join(f"CREATE TABLE old_{table} AS TABLE {table};" for table in _KEPT))


def restore(databases: Databases) -> None:
    """Set the store back to what was backed up, and tell nobody."""
    again = "DELETE FROM {0}; INSERT INTO {0} OVERRIDING SYSTEM VALUE TABLE old_{0};"
    as_owner(databases, "".join(again.format(table) for table in _KEPT))


def declare_restored(databases: Databases) -> None:
    """Begin another generation at the end of the store."""
    as_owner(
        databases,
        "INSERT INTO generations (generation, parent, forked_at, started_at) SELECT"
        " gen_random_uuid(), generation, (SELECT coalesce(max(position), 0) FROM events),"
        " clock_timestamp() FROM store_state;"
        "UPDATE store_state SET suspect = NULL, generation ="
        " (SELECT generation FROM generations ORDER BY started_at DESC LIMIT 1)",
    )
