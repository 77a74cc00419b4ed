"""Statements that are sent without a cursor, on a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb

from eventkit.prepared import fetch
from tests.conftest import MakeDatabases

Connection = psycopg.Connection[TupleRow]
ECHO = "SELECT %s::text, %s::int, %s::uuid, %s::bytea, %s::timestamptz"


@pytest.fixture
def url(databases: MakeDatabases) -> str:
    made = databases("prepared").migration_environment()["MIGRATION_DATABASE_URL"]
    return made.replace("+psycopg", "")


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def test_values_come_back_as_they_went(connection: Connection) -> None:
    values = ("ß 100 %", 7, uuid4(), b"\x00\xff", datetime(2026, 3, 29, 1, 30, tzinfo=UTC))
    for given in (values, values, (None,) * 5, values):
        assert fetch(connection, ECHO, given) == [given]


@pytest.mark.parametrize("first", [None, 1, 40_000, 2_000_000_000])
def test_numbers_of_all_sizes_follow_one_another(connection: Connection, first: int | None) -> None:
    echo = f"SELECT %s::int, {first or 0}"
    for given in (first, None, 1, -1, 40_000, 2_000_000_000, -2_147_483_648):
        assert fetch(connection, echo, (given,))[0][0] == given
    prepared = connection.execute("SELECT statement FROM pg_prepared_statements").fetchall()
    assert len(prepared) == 1


@pytest.mark.parametrize(
    ("cast", "values"),
    [
        ("jsonb", [None, '{"a": 1}', Jsonb({"a": 1}), '{"a": 1}', None]),
        ("text", [None, "ß", None]),
        ("bytea", [None, b"\x00", None]),
        ("boolean", [None, True, None]),
        ("timestamptz", [None, datetime(2026, 3, 29, tzinfo=UTC), None]),
    ],
)
def test_what_was_null_may_be_a_value_next(
    connection: Connection, cast: str, values: list[object]
) -> None:
    for given in values:
        ((is_null,),) = fetch(connection, f"SELECT %s::{cast} IS NULL", (given,))
        assert is_null is (given is None)


def test_a_number_too_large_says_so(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        fetch(connection, "SELECT %s::int", (2**31,))


def test_a_statement_is_prepared_once_a_connection(connection: Connection, url: str) -> None:
    for _ in range(3):
        fetch(connection, "SELECT %s::int + 1", (1,))
    prepared = connection.execute("SELECT statement FROM pg_prepared_statements").fetchall()
    assert prepared == [("SELECT $1::int + 1",)]
    with psycopg.connect(url, autocommit=True) as other:
        assert fetch(other, "SELECT %s::int + 1", (2,)) == [(3,)]


def test_a_statement_that_the_server_forgot_is_prepared_again(connection: Connection) -> None:
    assert fetch(connection, "SELECT %s::int + 2", (1,)) == [(3,)]
    connection.execute("DEALLOCATE ALL")
    assert fetch(connection, "SELECT %s::int + 2", (1,)) == [(3,)]


def test_in_a_transaction_it_stays_in_it(connection: Connection) -> None:
    connection.execute("CREATE TABLE kept (number int)")
    keep = "INSERT INTO kept VALUES (%s) RETURNING number"
    with connection.transaction(force_rollback=True):
        assert fetch(connection, keep, (1,)) == [(1,)]
    with connection.pipeline():
        assert fetch(connection, keep, (2,)) == [(2,)]
    assert fetch(connection, "SELECT number FROM kept WHERE number > %s", (0,)) == [(2,)]


def test_an_error_says_which_rule_was_broken(connection: Connection) -> None:
    connection.execute("CREATE TABLE once (number int CONSTRAINT only_once UNIQUE)")
    keep = "INSERT INTO once VALUES (%s) RETURNING number"
    fetch(connection, keep, (1,))
    with pytest.raises(psycopg.errors.UniqueViolation) as raised:
        fetch(connection, keep, (1,))
    assert raised.value.diag.constraint_name == "only_once"
    assert fetch(connection, keep, (2,)) == [(2,)]


def test_a_server_that_is_gone_is_an_operational_error(connection: Connection, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
    for _ in range(2):
        with pytest.raises(psycopg.OperationalError):
            fetch(connection, "SELECT %s::int", (1,))
    assert connection.closed
