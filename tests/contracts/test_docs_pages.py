"""The pages for people: complete from this server alone, kept by browsers, in two languages."""

import re
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

from eventkit.http.docs import assets
from tests.described import SERVICES, app_of

PAGES = ["/", "/docs", "/problems", "/problems/stale-version"]
EVERY_SERVICE = pytest.mark.parametrize("service", SERVICES)
EVERY_PAGE = pytest.mark.parametrize("page", PAGES)
HTML = {"Accept": "text/html"}
# Of swagger-ui-dist 5.35.0, as the npm registry has it.
VENDORED = {
    "swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
    "swagger-ui.css": "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
}


class References(HTMLParser):
    """What a page names, and what would run or style it from within."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.linked: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        named = known.get("src") or known.get("href") or known.get("data-document")
        if tag == "style" or (tag == "script" and "src" not in known):
            self.inline.append(tag)
        self.inline += [name for name in known if name == "style" or name.startswith("on")]
        if named and not named.startswith("data:"):
            (self.linked if tag == "a" else self.loaded).append(named)


def client(service: str) -> FlaskClient:
    return app_of(service).test_client()


@EVERY_SERVICE
@EVERY_PAGE
def test_a_page_loads_and_links_only_what_this_server_has(service: str, page: str) -> None:
    found = References(client(service).get(page, headers=HTML).get_data(as_text=True))
    assert found.inline == []
    for address in (*found.loaded, *found.linked):
        assert not re.match(r"\w+:|//", address)
        answer = client(service).get(urljoin(page, address), headers=HTML)
        assert answer.status_code == 200, address


@EVERY_PAGE
def test_a_browser_is_told_to_load_nothing_else(page: str) -> None:
    answer = client("registry").get(page, headers=HTML)
    allowed = dict(
        part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";")
    )
    assert allowed.pop("img-src") == "'self' data:"
    assert set(allowed.values()) <= {"'self'", "'none'"}
    assert allowed["default-src"] == "'none'"


@pytest.mark.parametrize("name", sorted(assets.NAMES))
def test_a_file_is_kept_for_as_long_as_it_stays_the_same(name: str) -> None:
    answer = client("registry").get(f"/{assets.address(name)}")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype in ("text/javascript", "text/css")
    assert client("registry").get(f"/docs/assets/{'0' * 16}/{name}").status_code == 404


@pytest.mark.parametrize("name", sorted(assets.NAMES - set(VENDORED)))
def test_our_own_files_name_no_other_server(name: str) -> None:
    text = client("registry").get(f"/{assets.address(name)}").get_data(as_text=True)
    assert "//" not in re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)


def test_styles_load_nothing_from_elsewhere() -> None:
    text = client("registry").get(f"/{assets.address('swagger-ui.css')}").get_data(as_text=True)
    addresses = re.findall(r"url\(\s*['\"]?([^)]{5})", text)
    assert addresses
    assert set(addresses) == {"data:"}


@pytest.mark.parametrize("name", VENDORED)
def test_vendored_files_are_as_they_were_published(name: str) -> None:
    answer = client("registry").get(f"/{assets.address(name)}")
    assert sha256(answer.get_data()).hexdigest() == VENDORED[name]


@pytest.mark.parametrize(
    "path", ["start.js", "../start.js", "%2e%2e/routes.py", "swagger-ui.LICENSE.txt", ""]
)
def test_nothing_else_of_the_folder_is_served(path: str) -> None:
    digest = assets.version("start.js")
    for start in ("/docs/assets/", f"/docs/assets/{digest}/x/", f"/docs/{digest}/"):
        assert client("registry").get(start + path).status_code == 404


@EVERY_SERVICE
def test_the_document_is_not_sent_again_to_who_has_it(service: str) -> None:
    first = client(service).get("/openapi.json")
    again = client(service).get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert first.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        ("text/html;q=0.1, application/json", "application/json"),
    ],
)
def test_programs_and_people_read_the_same_address_of_a_problem(accept: str, kind: str) -> None:
    for path in ("/problems", "/problems/unknown-cohort"):
        assert client("registry").get(path, headers={"Accept": accept}).mimetype == kind


def test_a_code_that_nobody_raises_is_no_page() -> None:
    answer = client("registry").get("/problems/agenda-does-not-fit", headers=HTML)
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("page", ["/problems", "/problems/as-of-not-supported"])
def test_what_is_code_in_a_remedy_is_shown_as_code(page: str) -> None:
    text = client("registry").get(page, headers=HTML).get_data(as_text=True)
    assert "Leave <code>as_of</code> and <code>known_at</code> out; only" in text
    assert "`" not in text


@EVERY_SERVICE
def test_the_first_page_leads_to_every_description(service: str) -> None:
    found = References(client(service).get("/", headers=HTML).get_data(as_text=True))
    assert {"docs", "openapi.json", "asyncapi.json", "catalogue", "problems"} <= {*found.linked}
