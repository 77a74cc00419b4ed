"""Pages are asked for as the document says, and a cursor is good for its caller alone (S24)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.security.conftest import Count
from tests.security.matrix_world import Arguments, World
from tests.security.site import SERVICES, Site, Who, create

ORGANISER, OPERATOR, SERVICE = Who("organiser"), Who("operator"), Who("service")
CITIES = Who("municipality", "08116019"), Who("municipality", "08111000")
LIMITS = (
    "0",
    "-1",
    "201",
    "1000000000",
    "9" * 400,
    "abc",
    "1.5",
    "1e2",
    "٣",
    "５",
    "+5",
    " 5",
    "0x5",
    "",
    "5\x00",
)
UNKNOWN = "offset", "order", "secret_digest", "name[regex]", "Limit"
TITLES = [f"Organisation {letter}" for letter in "CABECAB"]


# One of each that a list or a history stands below, with something in it.
ABOVE = (
    "municipality",
    "district",
    "programme",
    "seat",
    "seat.filled",
    "participation",
    "organisation",
    "contact",
    "client",
    "story",
    "registration",
    "delivery",
)


@pytest.fixture(scope="module")
def ids(site: Site) -> Arguments:
    """What the arguments of paths are filled with; all of it is there for the organiser."""
    world = World(site)
    found = {name: one for kind in ABOVE for name, one in world.of(kind).items()}
    # A second one at the same meeting.
    world.fresh("registration")
    return found | world.of("endpoint", ORGANISER.role)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def lists(document: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Addresses that answer in pages, with the parameters that they take."""
    for path, item in document["paths"].items():
        for_all = item.get("parameters", [])
        taken = [*for_all, *item.get("get", {}).get("parameters", [])]
        parameters = [resolved(document, one) for one in taken]
        names = {one["name"] for one in parameters}
        if path.startswith("/v1") and {"limit", "cursor"} <= names:
            yield path, parameters


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def answers(site: Site, service: str, address: str) -> dict[Who, httpx.Response]:
    """What those get whose role may ask here at all, and for whom the thing above is there."""
    callers = (ORGANISER, OPERATOR, SERVICE)
    given = {who: site.ask(who, service, "GET", address) for who in callers}
    admitted = {who: one for who, one in given.items() if one.status_code not in (403, 404)}
    assert admitted, address
    return admitted


@pytest.mark.parametrize("service", SERVICES)
def test_a_limit_is_a_number_from_1_to_200_everywhere(
    site: Site, ids: Arguments, service: str, count: Count
) -> None:
    tried = 0
    for path, _ in lists(site.document(service)):
        for limit in LIMITS:
            address = f"{path.format(**ids)}?limit={quote(limit)}"
            for answer in answers(site, service, address).values():
                assert answer.status_code == 422, (path, limit)
                assert answer.json()["errors"][0]["parameter"] == "limit"
            tried += 1
    count("bad limits", tried)


@pytest.mark.parametrize("service", SERVICES)
def test_an_unknown_order_or_filter_is_refused_with_those_that_there_are(
    site: Site, ids: Arguments, service: str, count: Count
) -> None:
    tried = 0
    for path, parameters in lists(site.document(service)):
        query = {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}
        sorts = query.get("sort", {}).get("enum", [])
        asked = [(f"{name}=x", list(query)) for name in UNKNOWN if name not in query]
        asked += [(f"sort={way}", sorts) for way in ("secret", "title;--", "") if sorts]
        for text, known in asked:
            for answer in answers(site, service, f"{path.format(**ids)}?{text}").values():
                assert answer.status_code == 422, (path, text)
                (fault,) = answer.json()["errors"]
                assert fault["parameter"] == text.partition("=")[0]
                assert [name for name in known if name not in fault["detail"]] == []
            tried += 1
    count("unknown orders and filters", tried)


@pytest.mark.parametrize("service", SERVICES)
def test_every_order_that_the_document_names_is_taken(
    site: Site, ids: Arguments, service: str, count: Count
) -> None:
    tried = 0
    for path, parameters in lists(site.document(service)):
        for sort in [one for one in parameters if one["name"] == "sort"]:
            ways = sort["schema"]["enum"]
            assert sort["schema"]["default"] in ways
            for way in ways:
                address = f"{path.format(**ids)}?limit=1&sort={way}"
                for who, first in answers(site, service, address).items():
                    assert first.status_code == 200, (path, way, first.text)
                    following = f"{address}&cursor={first.json()['next'] or ''}"
                    rest = site.ask(who, service, "GET", following.removesuffix("&cursor="))
                    assert rest.status_code == 200, (path, way, rest.text)
                tried += 1
    count("orders that lists take", tried)


@pytest.fixture(scope="module")
def organisations(site: Site) -> str:
    """The address of some organisations, of which several have the same name."""
    kind = "academy"
    for title in TITLES:
        body = {"name": title, "kind": kind}
        create(site, ORGANISER, "registry", "/v1/organisations", body)
    return f"/v1/organisations?kind={kind}&name=organisation"


def walk(site: Site, address: str) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        page = site.ask(ORGANISER, "registry", "GET", f"{address}&limit=2{cursor}").json()
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


def test_pages_in_either_order_miss_and_repeat_nothing(site: Site, organisations: str) -> None:
    rising, falling = (walk(site, f"{organisations}&sort={way}") for way in ("name", "-name"))
    assert [one["name"] for one in rising] == sorted(TITLES)
    assert rising == falling[::-1]
    assert len({one["organisation_id"] for one in rising}) == len(TITLES)


def test_rows_without_a_value_have_their_place_in_an_order(site: Site) -> None:
    meetings = [
        {"kind": "training", "title": "Ohne Zeit", "mode": "digital"},
        {"kind": "training", "title": "Auch ohne", "mode": "digital"},
    ]
    for body in meetings:
        create(site, ORGANISER, "meetings", "/v1/meetings", body)
    for sort in ("starts_at", "-starts_at"):
        seen, cursor = [], ""
        while cursor is not None:
            address = f"/v1/meetings?kind=training&sort={sort}&limit=1"
            address += f"&cursor={cursor}" if cursor else ""
            page = site.ask(ORGANISER, "meetings", "GET", address).json()
            seen += [item["title"] for item in page["items"]]
            cursor = page["next"]
        assert sorted(seen) == ["Auch ohne", "Ohne Zeit"]


def test_a_cursor_is_bound_to_caller_filters_order_and_route(
    site: Site, organisations: str, count: Count
) -> None:
    def ask(who: Who, address: str) -> httpx.Response:
        return site.ask(who, "registry", "GET", address)

    cursor = ask(CITIES[0], f"{organisations}&limit=2").json()["next"]
    assert ask(CITIES[0], f"{organisations}&limit=100&cursor={cursor}").status_code == 200
    others = [*((who, organisations) for who in (ORGANISER, CITIES[1], Who("moderator")))]
    others += [
        (CITIES[0], f"{organisations}&sort=-name"),
        (CITIES[0], f"{organisations}&sort=name"),
        (CITIES[0], organisations.replace("academy", "church")),
        (CITIES[0], f"{organisations}&active=true"),
        (CITIES[0], "/v1/organisations?kind=academy"),
        (CITIES[0], "/v1/programmes?sort=title"),
        (CITIES[0], "/v1/municipalities?sort=name"),
    ]
    for who, address in others:
        assert code(ask(who, f"{address}&cursor={cursor}")) == (400, "bad-cursor"), address
    count("cursors in others' hands or of other questions", len(others))


def test_a_tampered_cursor_is_refused(site: Site, organisations: str, count: Count) -> None:
    first = site.ask(ORGANISER, "registry", "GET", f"{organisations}&limit=2").json()["next"]
    raw = urlsafe_b64decode(first + "=" * (-len(first) % 4))
    turned = [raw[:i] + bytes([raw[i] ^ 1]) + raw[i + 1 :] for i in range(len(raw))]
    forged = [raw[:16] + b'["A","00000000-0000-0000-0000-000000000000"]', raw[:16], b"", raw + b" "]
    texts = [urlsafe_b64encode(one).decode() for one in [*turned, *forged]]
    texts += ["null", "١٢", "../..", "%00", first[:-4], f"{first}{first}", "🙂", "a" * 4000]
    for text in texts:
        answer = site.ask(
            ORGANISER, "registry", "GET", f"{organisations}&cursor={quote(text, safe='')}"
        )
        assert answer.status_code in (400, 422), text
    count("tampered cursors", len(texts))
