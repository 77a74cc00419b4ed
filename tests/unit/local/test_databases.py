"""The SQL that makes roles and databases, before it meets a server."""

import pytest

from local.databases import STATEMENTS, Databases, fill, statements


def test_names_and_texts_are_quoted_as_psql_does_it() -> None:
    filled = fill("""CREATE ROLE :"role" PASSWORD :'word'""", {"role": 'a"b', "word": "c'd"})
    assert filled.as_string() == """CREATE ROLE "a""b" PASSWORD 'c''d\'"""


def test_a_missing_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill(""":"role" """, {})


def test_every_statement_stands_alone_and_comments_are_gone() -> None:
    found = statements(STATEMENTS.read_text(encoding="utf-8"))
    assert {part.split()[0] for part in found} == {"CREATE", "REVOKE", "GRANT"}
    assert len(found) == 8


def test_passwords_survive_in_a_url() -> None:
    databases = Databases(
        server="postgresql+psycopg://postgres:x@127.0.0.1:5432/postgres?sslmode=disable",
        name="meetings",
        owner_password="o:@/?#",
        service_password="s",
    )
    url = databases.migration_environment()["MIGRATION_DATABASE_URL"]
    assert url == (
        "postgresql+psycopg://meetings_owner:o%3A%40%2F%3F%23@127.0.0.1:5432"
        "/meetings?sslmode=disable"
    )
