"""Operators see what the database server says of connections and size, and when none was free."""

from contextlib import ExitStack

import pytest
from prometheus_client import REGISTRY

from eventkit.database import Unavailable, connect, session
from eventkit.database_gauges import database_gauges
from eventkit.unit import Kit
from local.databases import Databases
from local.databases import connect as open_as


def numbers(kit: Kit) -> dict[str, float]:
    """Each number by its name, or by its name and state."""
    with session(kit.engine) as connection:
        return {
            " ".join([sample.name, *sample.labels.values()]): sample.value
            for metric in database_gauges(connection)
            for sample in metric.samples
        }


def test_connections_are_told_by_what_they_do(kit: Kit) -> None:
    before = numbers(kit)
    # The one that asks.
    assert before["database_connections active"] == 1
    other = connect(kit.settings.database_url, pool_size=3, name="other")
    with ExitStack() as opened:
        opened.callback(other.dispose)
        idle, waiting = (opened.enter_context(session(other)) for _ in range(2))
        idle.exec_driver_sql("SELECT 1")
        waiting.exec_driver_sql("BEGIN")
        now = numbers(kit)
        waiting.exec_driver_sql("ROLLBACK")
    assert now["database_connections in_transaction"] == 1
    assert now["database_connections idle"] == before["database_connections idle"] + 1
    assert now["database_server_connections"] >= 3
    assert now["database_server_connections"] < now["database_server_connections_limit"]


def test_the_servers_connections_are_those_of_every_role(
    kit: Kit, store_databases: Databases
) -> None:
    before = numbers(kit)
    owner = store_databases.migration_environment()["MIGRATION_DATABASE_URL"]
    with ExitStack() as opened:
        for server in (owner, store_databases.server):
            for _ in range(5):
                opened.enter_context(open_as(server))
        now = numbers(kit)
    # The ten, and the one that asks.
    assert now["database_server_connections"] >= 11
    assert now["database_connections idle"] == before["database_connections idle"]


def test_the_size_of_the_store_grows_with_it(kit: Kit, store_databases: Databases) -> None:
    before = numbers(kit)["database_size_bytes"]
    owner = store_databases.migration_environment()["MIGRATION_DATABASE_URL"]
    with open_as(owner) as raw:
        raw.execute("CREATE TABLE filler AS SELECT generate_series(1, 100000)")
    assert before > 1e6
    assert numbers(kit)["database_size_bytes"] > before + 1e6


def given_up(cause: str) -> float:
    return REGISTRY.get_sample_value("database_unavailable_total", {"cause": cause}) or 0


def test_who_waits_for_a_connection_in_vain_is_counted(kit: Kit) -> None:
    narrow = connect(kit.settings.database_url, pool_size=1, name="narrow")
    before = given_up("pool"), given_up("server")
    with session(narrow), pytest.raises(Unavailable), session(narrow):
        pass
    narrow.dispose()
    assert (given_up("pool"), given_up("server")) == (before[0] + 1, before[1])


def test_a_server_that_is_not_there_is_counted() -> None:
    nowhere = connect("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1, name="nowhere")
    before = given_up("pool"), given_up("server")
    with pytest.raises(Unavailable), session(nowhere):
        pass
    assert (given_up("pool"), given_up("server")) == (before[0], before[1] + 1)
