"""Every route, every role, with things of one's own, of others, of nobody, and moved (S1, S2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import uuid4

import httpx
import pytest
from flask import Flask

from tests.security.conftest import Count
from tests.security.matrix_table import BEHIND_LINKS, NAMED_BY_DOCUMENTS, ROWS, UNKNOWN, Row
from tests.security.matrix_world import (
    DIRECTORY,
    DISTRICT,
    FOREIGN,
    MOVED,
    OTHER_DISTRICT,
    OWN,
    Arguments,
    World,
    absent,
)
from tests.security.routes import Route, apps, policy_of, routes
from tests.security.site import NOBODY, SCOPES, SERVICES, Site, Who

TENANTS = (Who("municipality", OWN), Who("district", DISTRICT))
UNTIED = ("organiser", "steering_group", "moderator", "operator", "service", "participant")
CALLERS = (*map(Who, UNTIED), *TENANTS, NOBODY)
OTHERWISE_TESTED = NAMED_BY_DOCUMENTS | BEHIND_LINKS
# No role of ours has this key, and the register does not know it.
NOT_THERE = "08116999"
# What differs between two answers to the same question.
VOLATILE = {"date", "x-correlation-id", "ratelimit", "content-length"}
INSTANCE = re.compile(r"urn:uuid:[0-9a-f-]{36}")


@dataclass(frozen=True)
class Case:
    """One question: this route, this caller, a thing of this key, or one that is not there."""

    route: Route
    row: Row
    who: Who
    relation: str

    def __str__(self) -> str:
        return f"{self.route} as {self.who.role}, {self.relation}"

    @property
    def key(self) -> str:
        """Whose thing it is."""
        own = OWN
        if self.row.strict and self.who.role in self.row.own:
            own = self.who.tenant or self.who.role
        others = {"foreign": FOREIGN, "moved": MOVED}
        return others.get(self.relation, own)

    @property
    def expected(self) -> str:
        """`done`, `absent` (as what does not exist), `forbidden`, or `unauthorized`."""
        if not self.row.public and self.who == NOBODY:
            return "unauthorized"
        if not self.row.admits(self.who.role):
            return "forbidden"
        is_for_all = self.row.public or self.who.role in self.row.everybody
        # Only a personal link says whose a participant's registration is.
        is_own = self.relation == "own" and self.who.role != "participant"
        is_there = is_own or (is_for_all and self.relation != "absent")
        return "done" if is_there else "absent"

    @property
    def refusals(self) -> set[tuple[int, str]]:
        """How a thing may be refused that is not there, or not for this caller."""
        if not self.row.party_in_body:
            kind = self.row.thing.partition(".")[0]
            return {(404, "not-found"), (404, UNKNOWN.get(kind, "not-found"))}
        is_tied = self.who.role in self.row.own
        return {(403, self.row.foreign) if is_tied else (422, "unknown-municipality")}


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


def cases(table: Flask) -> Iterator[Case]:
    for route in routes(table):
        if route.endpoint in OTHERWISE_TESTED:
            continue
        row = ROWS[route.name]
        of_others = ["foreign", "moved"] if row.own else []
        for who in CALLERS:
            # A role that may name any party names unknown ones to other rules than these.
            is_free = row.thing == "nothing" and not (row.party_in_body and who.role in row.own)
            relations = ["own", *([] if is_free else ["absent"]), *of_others]
            for relation in relations:
                yield Case(route, row, who, relation)


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
        thing = _ready(world, case)
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
    private |= emails_of_others(world)
    told, tried = [], 0
    for case in (case for table in tables.values() for case in cases(table)):
        if case.route.method == "GET" and case.who == who and case.expected == "done":
            tried += 1
            text = ask(world, case, _thing(world, case)).text
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


def asked(world: World, case: Case) -> list[httpx.Response]:
    """The answer to the case; with the one about nothing beside it, where both must be equal."""
    before = world.written()
    if case.expected == "done":
        return [ask(world, case, _thing(world, case))]
    answers = [ask(world, case, _thing(world, case))]
    if case.expected == "absent":
        answers.append(ask(world, replace(case, relation="absent"), absent(_thing(world, case))))
    if case.expected == "absent" or case.relation == "own":
        assert world.written() == before or _is_new(world, case), f"{case}: something was written"
    return answers


def _ready(world: World, case: Case) -> Arguments:
    """The case's thing, and whatever its body names, so that asking makes nothing more."""
    if case.row.body is not None:
        case.row.body(world, case.key)
    return world.of(case.row.thing, case.key)


def _is_new(world: World, case: Case) -> bool:
    """Things are made when a case first asks for them."""
    return (case.row.thing, case.key) in world.kept


def _thing(world: World, case: Case) -> Arguments:
    if case.relation == "absent":
        return absent(world.of(case.row.thing, case.key))
    changes = case.route.method != "GET" and case.expected == "done"
    is_made = case.row.thing not in world.known and case.row.thing != "nothing"
    return (
        world.fresh(case.row.thing, case.key)
        if changes and is_made
        else world.of(case.row.thing, case.key)
    )


def ask(world: World, case: Case, thing: Arguments) -> httpx.Response:
    headers = {"If-Match": _version(world, case, thing)}
    sent = {}
    if case.route.endpoint == "imports.preview_import":
        sent, headers["Content-Type"] = {"content": DIRECTORY}, "text/plain"
    elif case.row.body is not None:
        key = NOT_THERE if case.relation == "absent" and case.row.party_in_body else case.key
        sent = {"json": case.row.body(world, key)}
    path = case.route.path(thing)
    return world.site.ask(
        case.who, case.route.service, case.route.method, path, headers=headers, **sent
    )


SHOWN = {
    "meeting": "/v1/meetings/{meeting_id}",
    "participation": "/v1/cohorts/{cohort_id}",
    "contact": "/v1/contacts/{contact_id}",
    "seat": "/v1/seats/{seat_id}",
    "organisation": "/v1/organisations/{organisation_id}",
    "client": "/v1/clients/{client_id}",
    "secret": "/v1/clients/{client_id}",
    "endpoint": "/v1/endpoints/{endpoint_id}",
}


def _version(world: World, case: Case, thing: Arguments) -> str:
    """The version that a thing has, where it is to be changed; a stale one elsewhere."""
    shown = SHOWN.get(case.row.thing.partition(".")[0])
    if case.expected != "done" or case.route.method == "GET" or shown is None:
        return '"7.x"'
    found = world.site.ask(case.who, case.route.service, "GET", shown.format(**thing))
    return str(found.headers.get("ETag", '"7.x"'))


def judged(case: Case, answers: list[httpx.Response]) -> str | None:
    """What is wrong with the answers to a case."""
    first = answers[0]
    told = f"{first.status_code} {first.text[:160]}"
    if case.expected == "done":
        is_good = first.status_code == (case.row.good or first.status_code)
        return None if is_good and (first.is_success or case.row.good) else told
    if case.expected == "absent":
        if refused(first) not in case.refusals:
            return f"{told} is none of {case.refusals}"
        same = as_told(first) == as_told(answers[1])
        return None if same else f"{as_told(first)} is not {as_told(answers[1])}"
    wanted = 401 if case.expected == "unauthorized" else 403
    return None if first.status_code == wanted else told


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.is_success else answer.json()["code"]


def as_told(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """An answer without what names this one request, and the thing that was asked for."""
    text = answer.text
    for part in answer.request.url.path.split("/"):
        if len(part) >= 5 and any(sign.isdigit() for sign in part):
            text = text.replace(part, "ASKED")
    headers = {name: text for name, text in answer.headers.items() if name not in VOLATILE}
    return answer.status_code, INSTANCE.sub("REQUEST", text), headers
