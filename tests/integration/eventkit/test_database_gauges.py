"""Operators see what the database server says of connections and size, and when none was free."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from prometheus_client import REGISTRY

from eventkit.database import Unavailable, connect, driver, raw_session, session
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


def given_up() -> dict[str, float]:
    return {
        cause: REGISTRY.get_sample_value("database_unavailable_total", {"cause": cause}) or 0
        for cause in ("pool", "server", "statement")
    }


@contextmanager
def giving_up(*causes: str) -> Iterator[None]:
    """Within the block work is given up for these causes, one each, and for no other."""
    before = given_up()
    yield
    now = given_up()
    assert {one: now[one] - before[one] for one in now} == {one: one in causes for one in now}


def test_who_waits_for_a_connection_in_vain_is_counted(kit: Kit) -> None:
    narrow = connect(kit.settings.database_url, pool_size=1, name="narrow")
    with giving_up("pool"), session(narrow), pytest.raises(Unavailable), session(narrow):
        pass
    narrow.dispose()


def test_a_server_that_is_not_there_is_counted() -> None:
    nowhere = connect("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1, name="nowhere")
    with giving_up("server"), pytest.raises(Unavailable), session(nowhere):
        pass


def over_core(kit: Kit, *statements: str) -> None:
    with session(kit.engine) as connection, driver(connection).transaction():
        for statement in statements:
            connection.exec_driver_sql(statement)


def over_the_driver(kit: Kit, *statements: str) -> None:
    with raw_session(kit.engine) as raw, raw.transaction():
        for statement in statements:
            raw.execute(statement.encode())


Say = Callable[..., None]
BOTH_WAYS = pytest.mark.parametrize("say", [over_core, over_the_driver])


@BOTH_WAYS
def test_a_session_that_the_server_ended_is_counted_as_the_servers(kit: Kit, say: Say) -> None:
    with giving_up("server"), pytest.raises(Unavailable):
        say(kit, "SELECT pg_terminate_backend(pg_backend_pid())")


@BOTH_WAYS
def test_a_statement_that_takes_too_long_says_nothing_of_the_server(kit: Kit, say: Say) -> None:
    with giving_up("statement"), pytest.raises(Unavailable):
        say(kit, "SET LOCAL statement_timeout = '10ms'", "SELECT pg_sleep(20)")


@BOTH_WAYS
def test_a_lock_that_somebody_holds_says_nothing_of_the_server(kit: Kit, say: Say) -> None:
    other = connect(kit.settings.database_url, pool_size=1, name="other")
    with ExitStack() as opened:
        opened.callback(other.dispose)
        raw = opened.enter_context(raw_session(other))
        opened.enter_context(raw.transaction())
        raw.execute("SELECT pg_advisory_xact_lock(1)")
        with giving_up("statement"), pytest.raises(Unavailable):
            say(kit, "SET LOCAL lock_timeout = '10ms'", "SELECT pg_advisory_xact_lock(1)")


@BOTH_WAYS
def test_a_transaction_that_lasts_too_long_says_nothing_of_the_server(kit: Kit, say: Say) -> None:
    say(kit, "SET transaction_timeout = '10ms'")
    with giving_up("statement"), pytest.raises(Unavailable):
        say(kit, "SELECT pg_sleep(20)")
