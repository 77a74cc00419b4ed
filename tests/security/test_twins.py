"""What is absent and what is somebody else's cost the same statements, so no clock tells (S1)."""

from __future__ import annotations

from collections.abc import Iterator
from threading import get_ident
from typing import Any

import psycopg
import pytest
from flask import Flask

from eventkit.auth.principal import Principal
from tests.security.conftest import Count
from tests.security.matrix_cases import Case, cases
from tests.security.matrix_world import Arguments, World, absent
from tests.security.routes import apps
from tests.security.site import Site

Statements = list[str]


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    return World(site)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Statements:
    """All that this thread asks of its databases from now on, in order."""
    found: Statements = []
    execute, ours = psycopg.Cursor.execute, get_ident()

    def recorded(cursor: Any, query: Any, *values: Any, **options: Any) -> Any:
        # The apps look for revoked clients and new keys beside what they are asked.
        if get_ident() == ours:
            found.append(query if isinstance(query, str) else query.as_string(cursor))
        return execute(cursor, query, *values, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", recorded)
    return found


def pairs(table: Flask) -> Iterator[Case]:
    """Every question about something of others that is answered as if there was nothing."""
    for case in cases(table):
        is_theirs = case.relation == "foreign" and case.expected == "absent"
        if is_theirs and not case.row.party_in_body:
            yield case


def test_absent_and_foreign_things_execute_the_same_statements(
    site: Site, world: World, statements: Statements, count: Count
) -> None:
    tried = 0
    for table in apps(site).values():
        for case in pairs(table):
            foreign = world.of(case.row.thing, case.key)
            asked(site, table, case, foreign)
            of_foreign = cost(site, table, case, foreign, statements)
            of_absent = cost(site, table, case, absent(foreign), statements)
            assert of_foreign == of_absent, case
            assert of_foreign, case
            tried += 1
    assert tried > 20
    count("pairs of 404 with the same statements", tried)


def cost(
    site: Site, table: Flask, case: Case, thing: Arguments, statements: Statements
) -> Statements:
    statements.clear()
    asked(site, table, case, thing)
    return statements[:]


def asked(site: Site, table: Flask, case: Case, thing: Arguments) -> None:
    who = case.who
    token = site.signer.sign(Principal(who.subject, who.role, who.tenant, who.scopes))
    headers = {"Authorization": f"Bearer {token}", "If-Match": '"7.x"'}
    if case.route.method != "GET":
        headers["Idempotency-Key"] = '"twins"'
    body = None if case.row.body is None else case.row.body(WORLDLESS, case.key)
    path = case.route.path(thing)
    answer = table.test_client().open(path, method=case.route.method, headers=headers, json=body)
    assert answer.status_code in (403, 404), f"{case}: {answer.text}"


# No body of a thing's own needs anything of the world.
WORLDLESS: Any = None
