"""S30: no cache between a caller and us gives one caller what belongs to another."""

from collections.abc import Iterator
from uuid import uuid4

import httpx
import pytest

from tests.security.conftest import Count
from tests.security.site import NOBODY, SERVICES, Site, Who, create

ORGANISER = Who("organiser")
MUNICIPALITY = Who("municipality", "08111000")
OTHER = Who("municipality", "08212000")
LISTS = {
    "registry": ["/v1/municipalities", "/v1/programmes", "/v1/organisations"],
    "meetings": ["/v1/meetings"],
    "notifications": ["/v1/endpoints"],
}
# What makes a cache or a framework believe that another host, path or method was asked for.
UNKEYED = {
    "X-Forwarded-Host": "evil.example.org",
    "X-Forwarded-Server": "evil.example.org",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Scheme": "nothttps",
    "X-Forwarded-Port": "1",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-For": "198.51.100.1",
    "Forwarded": "host=evil.example.org;proto=https",
    "X-Host": "evil.example.org",
    "X-Original-URL": "/v1/clients",
    "X-Rewrite-URL": "/v1/clients",
    "X-Original-Host": "evil.example.org",
    "X-Script-Name": "/evil",
    "SCRIPT_NAME": "/evil",
    "PATH_INFO": "/v1/clients",
    "X-HTTP-Method-Override": "DELETE",
    "X-HTTP-Method": "DELETE",
    "X-Method-Override": "DELETE",
    "X-Wap-Profile": "http://evil.example.org",
}
VARYING = {"date", "x-correlation-id", "ratelimit"}
EVERY_SERVICE = pytest.mark.parametrize("service", sorted(SERVICES))


def told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name not in VARYING}
    return answer.status_code, headers, answer.content


def shown(site: Site, who: Who, service: str) -> Iterator[tuple[str, httpx.Response]]:
    for path in [*LISTS[service], "/openapi.json", "/v1/nothing"]:
        yield path, site.ask(who, service, "GET", path)


@EVERY_SERVICE
@pytest.mark.parametrize("header", UNKEYED)
def test_no_header_beside_the_cache_key_changes_an_answer(
    site: Site, service: str, header: str, count: Count
) -> None:
    given = {header: UNKEYED[header], "X-Correlation-Id": str(uuid4())}
    for who in (NOBODY, ORGANISER):
        for path in LISTS[service]:
            plain, more = (
                site.ask(who, service, "GET", path, headers=headers)
                for headers in ({"X-Correlation-Id": given["X-Correlation-Id"]}, given)
            )
            assert told(plain) == told(more)
    count("headers to poison a cache with", 1)


@EVERY_SERVICE
@pytest.mark.parametrize(
    "host",
    ["evil.example.org", "127.0.0.1.evil.example.org", "127.0.0.1@evil.example.org", "x/../"],
)
def test_another_host_is_refused(site: Site, service: str, host: str) -> None:
    answer = site.ask(NOBODY, service, "GET", "/openapi.json", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


@EVERY_SERVICE
@pytest.mark.parametrize("who", [ORGANISER, MUNICIPALITY, OTHER], ids=lambda who: who.subject)
def test_no_shared_cache_may_keep_what_was_shown_to_somebody(
    site: Site, service: str, who: Who
) -> None:
    for path, answer in shown(site, who, service):
        if path == "/openapi.json":
            continue
        kept = answer.headers["Cache-Control"]
        assert kept in ("no-store", "private, no-cache"), path
        assert {"Authorization", "Accept-Language", "Accept-Encoding"} <= set(
            answer.headers["Vary"].split(", ")
        )


@EVERY_SERVICE
def test_a_refusal_is_kept_by_nobody(site: Site, service: str) -> None:
    for who in (NOBODY, ORGANISER):
        answer = site.ask(who, service, "GET", "/v1/nothing")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (404, "no-store")
    without_token = site.ask(NOBODY, service, "GET", LISTS[service][0])
    assert (without_token.status_code, without_token.headers["Cache-Control"]) == (401, "no-store")


@EVERY_SERVICE
def test_a_question_that_nobody_answers_makes_no_second_copy(site: Site, service: str) -> None:
    for path in LISTS[service]:
        answer = site.ask(ORGANISER, service, "GET", f"{path}?utm_source=x")
        assert answer.status_code == 422


@pytest.fixture(scope="module")
def meeting(site: Site) -> str:
    """A digital meeting, whose way in is shown to some alone."""
    body = {
        "kind": "network_meeting",
        "title": "Netzwerktreffen",
        "mode": "digital",
        "vague_date": "Frühjahr 2021",
    }
    return create(site, ORGANISER, "meetings", "/v1/meetings", body)


def test_who_is_shown_something_else_gets_another_tag(site: Site, meeting: str) -> None:
    where = f"/v1/meetings/{meeting}"
    join = {"join_url": "https://video.example.org/geheim"}
    headers = {"If-Match": site.ask(ORGANISER, "meetings", "GET", where).headers["ETag"]}
    placed = site.ask(ORGANISER, "meetings", "PUT", f"{where}/place", json=join, headers=headers)
    assert placed.status_code == 200
    mine, theirs = (site.ask(who, "meetings", "GET", where) for who in (ORGANISER, OTHER))
    assert ("geheim" in mine.text, "geheim" in theirs.text) == (True, False)
    assert mine.headers["ETag"] != theirs.headers["ETag"]
    assert mine.headers["Cache-Control"] == "private, no-cache"
    foreign = {"If-None-Match": mine.headers["ETag"]}
    assert site.ask(OTHER, "meetings", "GET", where, headers=foreign).content == theirs.content


def test_a_tag_opens_nothing_that_its_holder_may_not_see(site: Site, meeting: str) -> None:
    where = f"/v1/meetings/{meeting}"
    tag = site.ask(ORGANISER, "meetings", "GET", where).headers["ETag"]
    for known in (tag, "*", f"W/{tag}"):
        headers = {"If-None-Match": known}
        assert site.ask(NOBODY, "meetings", "GET", where, headers=headers).status_code == 401
        absent = site.ask(OTHER, "meetings", "GET", f"/v1/meetings/{uuid4()}", headers=headers)
        assert absent.status_code == 404
