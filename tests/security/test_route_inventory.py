"""No route without policy, description and problem+json; no second spelling of any of them (S3)."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import httpx
import pytest
from flask import Flask

from tests.security.conftest import Count
from tests.security.routes import Route, apps, policy_of, routes
from tests.security.site import NOBODY, SERVICES, Site, Who

EVERY_SERVICE = pytest.mark.parametrize("service", SERVICES)
PROBLEM = "application/problem+json"
# RFC 6749, section 5.2, has its own form of errors.
OAUTH = {("tokens.issue_token", "400"), ("tokens.issue_token", "401")}
HTML = ("404", "409")
# People who open a personal link in their browser get a page.
PAGES = {
    (f"links.{name}", status)
    for name in ("show_page", "withdraw", "erase")
    for status in ("404", "409")
} | {("links.download", "404")}
METHODS = ("PATCH", "TRACE", "PROPFIND", "DELETE", "PUT", "POST", "GET")
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
REFUSED = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
TENANTS = {"municipality": "08116019", "district": "08116"}


@pytest.fixture(scope="module")
def tables(site: Site) -> dict[str, Flask]:
    return apps(site)


def described(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """Operations by path and method."""
    return {
        (path, method.upper()): operation
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for."""
    while "$ref" in part:
        found = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def admitted(table: Flask, route: Route) -> Who:
    """Somebody whom the policy lets pass."""
    policy = policy_of(table)[route.endpoint]
    roles = sorted(policy.roles - {"participant"})
    return Who(roles[0], TENANTS.get(roles[0])) if roles else NOBODY


def filled(route: Route) -> str:
    """The route's path with arguments that name nothing."""
    return route.path(dict.fromkeys(_arguments(route), str(uuid4())))


def _arguments(route: Route) -> list[str]:
    return [part[1:-1] for part in route.template.split("/") if part.startswith("{")]


def spellings(path: str) -> Iterator[str]:
    """Other ways to write a path, which mean no route of ours."""
    first, _, rest = path.removeprefix("/").partition("/")
    yield f"{path}/"
    yield f"/{path}"
    yield f"/{first}//{rest}" if rest else f"//{first}//"
    yield f"/{first}%2f{rest}" if rest else f"/%2f{first}"
    yield f"/{first}%2F{rest}" if rest else f"/%2F{first}"
    yield path.upper() if path.upper() != path else f"{path}X"
    yield f"{path};x"
    yield f"/;x{path}"
    yield f"/./{path.removeprefix('/')}%2e"
    yield f"{path}%00"


@EVERY_SERVICE
def test_every_route_has_a_policy_and_every_policy_a_route(
    tables: dict[str, Flask], service: str, count: Count
) -> None:
    found = list(routes(tables[service]))
    assert {route.endpoint for route in found} == set(policy_of(tables[service]))
    count("routes", len(found))


@EVERY_SERVICE
def test_every_route_is_described_with_its_answer_and_its_roles(
    site: Site, tables: dict[str, Flask], service: str
) -> None:
    operations = described(site.document(service))
    policy = policy_of(tables[service])
    wrong = []
    for route in routes(tables[service]):
        if (operation := operations.get((route.template, route.method))) is None:
            wrong.append(f"{route} is not described")
            continue
        good = [one for status, one in operation["responses"].items() if status.startswith("2")]
        if not good:
            wrong.append(f"{route} says of no answer that it is a good one")
        if not all(_says_what(site.document(service), one) for one in good):
            wrong.append(f"{route} says nothing of its body")
        roles = [] if policy[route.endpoint].public else sorted(policy[route.endpoint].roles)
        if operation.get("x-roles", []) != roles:
            wrong.append(f"{route} is described for {operation.get('x-roles')}, not for {roles}")
        if policy[route.endpoint].public != (operation.get("security") == []):
            wrong.append(f"{route} is described as if it wanted a token, or none")
    assert wrong == []


def _says_what(document: dict[str, Any], answer: dict[str, Any]) -> bool:
    """A schema, or a media type that says what comes; nothing comes with 204."""
    content = resolved(document, answer).get("content", {})
    is_empty = resolved(document, answer).get("description") == "No Content"
    return is_empty or bool(content)


@EVERY_SERVICE
def test_every_error_is_described_as_problem_json(
    site: Site, tables: dict[str, Flask], service: str
) -> None:
    document = site.document(service)
    operations = described(document)
    wrong = []
    for route in routes(tables[service]):
        operation = operations.get((route.template, route.method), {"responses": {}})
        for status, answer in operation["responses"].items():
            if status[0] not in "45d" or (route.endpoint, status) in OAUTH | PAGES:
                continue
            content = resolved(document, answer).get("content", {})
            if list(content) != [PROBLEM]:
                wrong.append(f"{route}: {status} as {list(content)}")
    assert wrong == []


@EVERY_SERVICE
def test_other_spellings_of_a_route_are_no_routes(
    site: Site, tables: dict[str, Flask], service: str, count: Count
) -> None:
    wrong, tried = [], 0
    for route in routes(tables[service]):
        for path in spellings(filled(route)):
            tried += 1
            answer = site.ask(admitted(tables[service], route), service, route.method, path)
            told = is_problem(answer) or (route.endpoint, str(answer.status_code)) in PAGES
            if answer.status_code not in REFUSED or not told:
                wrong.append(f"{route.method} {path}: {answer.status_code} {answer.text[:80]}")
    assert wrong == []
    count("other spellings of routes", tried)


@EVERY_SERVICE
def test_other_methods_are_refused_also_as_an_override(
    site: Site, tables: dict[str, Flask], service: str, count: Count
) -> None:
    wrong, tried = [], 0
    known = {(route.template, route.method) for route in routes(tables[service])}
    for route in routes(tables[service]):
        who, path = admitted(tables[service], route), filled(route)
        plain = site.ask(who, service, route.method, path)
        for method in METHODS:
            if (route.template, method) not in known:
                tried += 1
                answer = site.ask(who, service, method, path)
                if answer.status_code not in REFUSED or not is_problem(answer):
                    wrong.append(f"{method} {path}: {answer.status_code}")
        for header in OVERRIDES:
            tried += 1
            answer = site.ask(who, service, route.method, path, headers={header: "GET"})
            if answer.status_code != plain.status_code:
                wrong.append(f"{route} with {header}: {answer.status_code}")
    assert wrong == []
    count("other methods of routes", tried)


@EVERY_SERVICE
def test_options_names_the_methods_and_does_nothing(
    site: Site, tables: dict[str, Flask], service: str
) -> None:
    methods: dict[str, set[str]] = {}
    paths: dict[str, str] = {}
    for route in routes(tables[service]):
        paths.setdefault(route.template, filled(route))
        methods.setdefault(route.template, {"OPTIONS"}).add(route.method)
        if route.method == "GET":
            methods[route.template].add("HEAD")
    for template, known in methods.items():
        answer = site.ask(NOBODY, service, "OPTIONS", paths[template])
        assert (answer.status_code, answer.content) == (HTTPStatus.NO_CONTENT, b""), template
        # Where another rule takes the same path, its methods stand there as well.
        assert known <= set(answer.headers["Allow"].split(", ")), template
        assert "access-control-allow-origin" not in answer.headers, template


@EVERY_SERVICE
def test_head_answers_as_get_does_without_a_body(
    site: Site, tables: dict[str, Flask], service: str
) -> None:
    for route in routes(tables[service]):
        if route.method != "GET":
            continue
        path, who = filled(route), admitted(tables[service], route)
        get, head = (site.ask(who, service, method, path) for method in ("GET", "HEAD"))
        assert (head.status_code, head.content) == (get.status_code, b""), route
        stranger = site.ask(NOBODY, service, "HEAD", path)
        public = policy_of(tables[service])[route.endpoint].public
        assert public or stranger.status_code == HTTPStatus.UNAUTHORIZED, route


def is_problem(answer: httpx.Response) -> bool:
    kind: str = answer.headers.get("Content-Type", "").partition(";")[0]
    return kind == PROBLEM
