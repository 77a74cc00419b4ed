"""Every route, every role, with things of one's own, of others, of nobody, moved, erased (S1)."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from flask import Flask

from tests.security.conftest import Count
from tests.security.matrix_cases import (
    OTHERWISE_TESTED,
    TENANTS,
    ask,
    asked,
    cases,
    judged,
    ready,
    thing_of,
)
from tests.security.matrix_table import ROWS
from tests.security.matrix_world import FOREIGN, MOVED, OTHER_DISTRICT, OWN, World
from tests.security.routes import apps, policy_of, routes
from tests.security.site import SCOPES, SERVICES, Site, Who


@pytest.fixture(scope="module")
def tables(site: Site) -> dict[str, Flask]:
    return apps(site)


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    """Something of everybody; one municipality has left the district of the matrix."""
    world = World(site)
    for kind in ("contact", "registration", "client", "endpoint"):
        for key in (OWN, FOREIGN, MOVED):
            world.of(kind, key)
    world.move(MOVED, OTHER_DISTRICT)
    site.settle()
    return world


def test_every_route_has_a_row_and_every_row_a_route(tables: dict[str, Flask]) -> None:
    found = {route.name for table in tables.values() for route in routes(table)}
    ours = {name for name in found if name.partition(":")[2] not in OTHERWISE_TESTED}
    assert ours == set(ROWS)


@pytest.mark.parametrize("service", SERVICES)
def test_the_policy_admits_whom_the_matrix_admits(tables: dict[str, Flask], service: str) -> None:
    for route in routes(tables[service]):
        if (row := ROWS.get(route.name)) and not row.public:
            policy = policy_of(tables[service])[route.endpoint]
            assert policy.roles == row.everybody | row.own, route
            assert policy.scope_for(route.method) == row.scope_for(route.method), route


@pytest.mark.parametrize("service", SERVICES)
def test_a_token_without_the_scope_of_a_route_does_nothing_there(
    world: World, tables: dict[str, Flask], service: str, count: Count
) -> None:
    wrong, tried = [], 0
    for case in cases(tables[service]):
        if case.relation != "own" or case.row.public or not case.row.admits(case.who.role):
            continue
        tried += 1
        wanted = case.row.scope_for(case.route.method)
        weak = replace(case, who=replace(case.who, scopes=SCOPES - {wanted}))
        thing = ready(world, case)
        before = world.written()
        answer = ask(world, weak, thing)
        named = f'Bearer error="insufficient_scope", scope="{wanted}"'
        told = answer.status_code, answer.headers.get("WWW-Authenticate"), world.written()
        wrong += [] if told == (403, named, before) else [f"{case}: {told}"]
    assert wrong == []
    count("calls with a token of too small a scope", tried)


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_reads_or_changes_what_is_not_theirs(
    world: World, tables: dict[str, Flask], service: str, count: Count
) -> None:
    wrong, leaks, tried = [], 0, 0
    for case in cases(tables[service]):
        tried += 1
        answers = asked(world, case)
        if fault := judged(case, answers):
            leaks += any(answer.is_success for answer in answers) and case.expected != "done"
            wrong.append(f"{case}: {fault}")
    count("cases of routes, roles and owners", tried)
    count("leaks", leaks)
    assert wrong == []


@pytest.mark.parametrize("who", TENANTS, ids=lambda who: who.role)
def test_no_answer_holds_what_is_personal_or_private_of_others(
    world: World, tables: dict[str, Flask], who: Who, count: Count
) -> None:
    private = {world.of(kind, key)[name] for kind, name in NAMES.items() for key in OTHERS}
    private |= emails_of_others(world) | world.forgotten
    told, tried = [], 0
    for case in (case for table in tables.values() for case in cases(table)):
        if case.route.method == "GET" and case.who == who and case.expected == "done":
            tried += 1
            text = ask(world, case, thing_of(world, case)).text
            told += [f"{case}: {one}" for one in private if one in text]
    assert told == []
    count("answers searched for what is private of others", tried)


OTHERS = (FOREIGN, MOVED)
NAMES = {"registration": "participant_id", "client": "client_id", "endpoint": "endpoint_id"}


def emails_of_others(world: World) -> set[str]:
    found = set()
    for key in OTHERS:
        listed = world.ask("registry", f"/v1/contacts?party_key={key}", "GET")["items"]
        found |= {one["email"] for one in listed if one["email"]}
    assert found
    return found


def test_a_batch_with_one_thing_that_is_not_there_is_refused_as_a_whole(world: World) -> None:
    meeting_id = world.meeting("scheduled")
    groups = [{"kind": "cohort", "id": one} for one in (world.cohort, str(uuid4()))]
    before = world.written()
    answer = world.site.ask(
        Who("organiser"),
        "meetings",
        "POST",
        f"/v1/meetings/{meeting_id}/open-invitations",
        json={"audience": groups},
        headers={"If-Match": '"1.x"'},
    )
    assert (answer.status_code, world.written()) == (422, before)
