"""The directory over HTTP: filters, pages, conditional requests, and the document of the routes."""

import pytest
from openapi_spec_validator import validate

from tests.integration.registry.conftest import Callers, told

pytestmark = pytest.mark.usefixtures("directory")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["08211000", "08231000"]),
        ("?name=PFORZ", ["08231000"]),
        ("?name=%25", []),
        ("?name=stadt&district=08211", ["08211000"]),
        ("?state=08&active=true", ["08211000", "08231000"]),
        ("?state=09", []),
        ("?active=false", []),
    ],
)
def test_municipalities_are_filtered(callers: Callers, query: str, found: list[str]) -> None:
    items = told(callers.organiser.get(f"/v1/municipalities{query}"))["items"]
    assert [item["ags"] for item in items] == found


@pytest.mark.parametrize(
    "query",
    ["state=8", "state=%D9%A0%D9%A8", "district=08231000", "limit=0", "limit=9999", "sort=kind"],
)
def test_a_filter_that_cannot_be_is_refused(callers: Callers, query: str) -> None:
    assert callers.organiser.get(f"/v1/municipalities?{query}").status_code == 422


def test_pages_follow_one_another_to_the_end(callers: Callers) -> None:
    first = told(callers.organiser.get("/v1/municipalities?limit=1"))
    second = told(callers.organiser.get(f"/v1/municipalities?limit=1&cursor={first['next']}"))
    assert [item["ags"] for item in (*first["items"], *second["items"])] == [
        "08211000",
        "08231000",
    ]
    assert second["next"] is None


def test_a_cursor_of_somebody_else_is_refused(callers: Callers) -> None:
    cursor = told(callers.organiser.get("/v1/municipalities?limit=1"))["next"]
    answer = callers.operator.get(f"/v1/municipalities?limit=1&cursor={cursor}")
    assert answer.status_code == 400


def test_districts_are_listed_and_shown(callers: Callers) -> None:
    items = told(callers.organiser.get("/v1/districts?name=ess"))["items"]
    assert [item["district_key"] for item in items] == ["08116"]
    assert told(callers.organiser.get("/v1/districts/08116"))["name"] == "Esslingen"


def test_a_known_answer_is_not_sent_again(callers: Callers) -> None:
    etag = callers.organiser.get("/v1/municipalities/08231000").headers["ETag"]
    again = callers.organiser.get("/v1/municipalities/08231000", **{"If-None-Match": etag})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path", ["municipalities/00000000", "municipalities/imports", "districts/0"]
)
def test_what_is_not_there_is_a_problem(callers: Callers, path: str) -> None:
    answer = callers.organiser.get(f"/v1/{path}")
    assert answer.content_type == "application/problem+json"
    assert answer.status_code == 404


def test_nobody_reads_the_register_without_a_token(callers: Callers) -> None:
    assert callers.nobody.get("/v1/municipalities").status_code == 401


def test_the_document_of_the_routes_is_valid(callers: Callers) -> None:
    document = told(callers.nobody.get("/openapi.json"))
    validate(document)
    assert document["openapi"].startswith("3.1")
