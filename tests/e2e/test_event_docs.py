"""Who gets an event finds out what it means: by its `dataschema`, AsyncAPI and the catalogue."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator, FormatChecker

from contracts.catalog import published_by
from tests.contracts.described import HEARS
from tests.contracts.examples import EVENTS
from tests.contracts.parser import diagnostics
from tests.e2e.api import Json
from tests.e2e.conftest import FEED
from tests.e2e.installation import SERVICES, Installation

pytestmark = pytest.mark.parametrize("installation", [FEED], indirect=True)
EVERY_SERVICE = pytest.mark.parametrize("service", SERVICES)
# Importing them has declared the events.
assert EVENTS


def ask(installation: Installation, service: str, path: str, **headers: str) -> httpx.Response:
    """Without a token."""
    url = installation.run_file["services"][service]["url"]
    return installation.http.get(f"{url}{path}", headers=headers)


def events(installation: Installation, service: str) -> Iterator[Json]:
    """All of the feed."""
    api = installation.api(service)
    path = "/events?limit=200"
    while batch := (answer := api.send("GET", path)).raise_for_status().json():
        yield from batch
        path = answer.links["next"]["url"]


@EVERY_SERVICE
def test_every_event_of_the_feed_names_a_schema_that_it_fits(
    installation: Installation, service: str
) -> None:
    told = list(events(installation, service))
    schemas: dict[str, Json] = {}
    for event in told:
        uri = event["dataschema"]
        if uri not in schemas:
            schemas[uri] = installation.http.get(uri).raise_for_status().json()
        checker = Draft202012Validator(schemas[uri], format_checker=FormatChecker())
        assert list(checker.iter_errors(event["data"])) == []
    assert {f"netztreff.{uri.rpartition('/')[2]}" for uri in schemas} == {e["type"] for e in told}
    assert len(told) > len(schemas) >= 2


@EVERY_SERVICE
def test_every_version_of_every_published_event_has_its_schema(
    installation: Installation, service: str
) -> None:
    base = installation.run_file["services"][service]["url"]
    for declared in published_by(service):
        answer = ask(installation, service, f"/schemas/{declared.wire}")
        assert answer.headers["Content-Type"] == "application/schema+json"
        assert "immutable" in answer.headers["Cache-Control"]
        schema = answer.raise_for_status().json()
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"{base}/schemas/{declared.wire}"
        assert declared.personal.keys().isdisjoint(schema["properties"])
        assert schema.get("deprecated", False) == (declared.deprecated is not None)


@pytest.mark.parametrize(
    "name",
    [
        "meeting.forgotten.v1",
        "meeting.planned",
        "meeting.planned.v1.json",
        # Another service's, and one that is kept private.
        "municipality.registered.v1",
        "endpoint.registered.v1",
    ],
)
def test_there_is_no_schema_of_what_the_service_does_not_publish(
    installation: Installation, name: str
) -> None:
    services = ["meetings", "notifications"]
    assert {ask(installation, one, f"/schemas/{name}").status_code for one in services} == {404}


@EVERY_SERVICE
@pytest.mark.parametrize("path", ["/asyncapi.json", "/catalogue", "/schemas/{}"])
def test_who_has_it_already_gets_304(installation: Installation, service: str, path: str) -> None:
    path = path.format(published_by(service)[0].wire)
    first = ask(installation, service, path)
    again = ask(installation, service, path, **{"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert "public" in first.headers["Cache-Control"]


def test_the_served_asyncapi_documents_pass_asyncapis_own_parser(
    installation: Installation,
) -> None:
    served = {name: ask(installation, name, "/asyncapi.json").json() for name in SERVICES}
    assert diagnostics(served) == {name: [] for name in SERVICES}
    for name, document in served.items():
        base = installation.run_file["services"][name]["url"]
        told = [one.wire for hears in (name, *HEARS[name]) for one in published_by(hears)]
        assert sorted(document["components"]["schemas"]) == sorted(told)
        assert document["id"] == base
        assert base == f"http://{document['servers']['own']['host']}"


class Page(HTMLParser):
    """What a page refers to and holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found: dict[str, Any] = dict(attrs)
        self.tags.add(tag)
        self.anchors |= {found["id"]} if "id" in found else set()
        self.links |= {found["href"]} if "href" in found else set()
        assert not [name for name in found if name.startswith("on") or name in ("style", "src")]


@EVERY_SERVICE
def test_the_catalogue_shows_every_event_and_its_links_lead_somewhere(
    installation: Installation, service: str
) -> None:
    answer = ask(installation, service, "/catalogue").raise_for_status()
    page = Page(answer.text)
    assert page.anchors == {one.wire for one in published_by(service)}
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside == page.anchors
    outside = {link for link in page.links if not link.startswith("#")}
    asked = {ask(installation, service, f"/{link}").status_code for link in outside}
    # The feed wants a token.
    assert asked == {200, 401}
    assert len(outside) == len(page.anchors) + 2


@EVERY_SERVICE
def test_the_catalogue_needs_no_script_and_lets_only_its_own_style_pass(
    installation: Installation, service: str
) -> None:
    answer = ask(installation, service, "/catalogue")
    (style,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert f"style-src 'sha256-{allowed}';" in policy
    assert policy.startswith("default-src 'none';")
    assert Page(answer.text).tags.isdisjoint({"script", "link", "img", "iframe", "form"})


def test_what_is_personal_is_shown_as_withheld_and_what_goes_as_deprecated(
    installation: Installation,
) -> None:
    meetings = ask(installation, "meetings", "/catalogue").text
    section = meetings.partition('id="invitations.opened.v1"')[2].partition("</article>")[0]
    assert "deprecated" in section
    assert 'href="#invitations.opened.v2"' in section
    registry = ask(installation, "registry", "/catalogue").text
    email = registry.partition("<code>email</code>")[2].partition("</tr>")[0]
    assert "withheld" in email
