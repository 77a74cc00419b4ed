"""What surrounds every request: HEAD, OPTIONS, compression, hosts, origins, caching."""

import gzip
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.databases import Databases
from tests.integration.eventkit.http_calls import cancel, code, plan
from tests.integration.eventkit.serving import Serving, environment, serving

PUBLIC = "https://things.example.org"
PAGE = "https://netz.example.org"
LARGE_ONE = "/v1/things/large"


@pytest.fixture(scope="module")
def server(things: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    log = tmp_path_factory.mktemp("log") / "api.log"
    settings = {"PUBLIC_URL": PUBLIC, "CORS_ORIGINS": PAGE}
    with serving(environment(things, **settings), log) as process:
        yield process


@pytest.fixture(scope="module")
def client(server: Serving) -> Iterator[httpx.Client]:
    with server.client() as client:
        client.headers["Host"] = "things.example.org"
        client.headers["Accept-Encoding"] = "identity"
        yield client


@pytest.fixture(scope="module", autouse=True)
def _many(client: httpx.Client) -> None:
    """So many things that a page of them is worth compressing."""
    for _ in range(6):
        plan(client, "ü" * 200)


@pytest.fixture
def where(client: httpx.Client) -> str:
    return plan(client).headers["Location"]


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_head_answers_like_get_without_the_body(
    client: httpx.Client, where: str, encoding: str
) -> None:
    varying = {"date", "x-correlation-id", "ratelimit"}
    for path in (where, "/v1/things", "/v1/things/open"):
        got, head = (
            client.request(method, path, headers={"Accept-Encoding": encoding})
            for method in ("GET", "HEAD")
        )
        assert head.content == b""
        told = [
            {k: v for k, v in answer.headers.items() if k not in varying} for answer in (got, head)
        ]
        assert told[0] == told[1]


def test_head_asks_for_the_same_rights_as_get(client: httpx.Client) -> None:
    refused = client.head("/v1/things", headers={"Authorization": "Bearer x"})
    assert (refused.status_code, refused.content) == (401, b"")


def test_options_tells_methods_and_asks_for_nothing(client: httpx.Client, where: str) -> None:
    for path, allowed in (
        ("/v1/things", "GET, HEAD, OPTIONS, POST"),
        (where, "GET, HEAD, OPTIONS"),
        (f"{where}/cancellation", "OPTIONS, POST"),
    ):
        answer = client.options(path, headers={"Authorization": "Bearer x"})
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Allow"] == allowed
        assert "Content-Type" not in answer.headers
    assert client.options("/v1/nothing").status_code == 404


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("GZIP;q=0.3", "gzip"),
        ("br, gzip;q=0.8", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.1, identity;q=0.9", None),
        ("*;q=0, identity", None),
        ("br", None),
        ("identity", None),
        ("", None),
    ],
)
def test_large_answers_are_compressed_for_who_wants_it(
    client: httpx.Client, accepted: str, encoding: str | None
) -> None:
    answer = client.get("/v1/things", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    assert len(answer.json()["items"]) >= 6
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_small_answers_and_answers_to_post_are_left_as_they_are(client: httpx.Client) -> None:
    wanting = {"Accept-Encoding": "gzip"}
    assert "Content-Encoding" not in client.get("/v1/things/open", headers=wanting).headers
    posted = client.post("/v1/things/token", headers=wanting)
    assert "Content-Encoding" not in posted.headers


def tag(client: httpx.Client, path: str, encoding: str) -> str:
    return client.get(path, headers={"Accept-Encoding": encoding}).headers["ETag"]


def test_a_tag_belongs_to_one_encoding(client: httpx.Client) -> None:
    plain, coded = (tag(client, LARGE_ONE, encoding) for encoding in ("identity", "gzip"))
    assert plain != coded
    for known in (plain, coded, f"W/{coded}", f'"other", {coded}'):
        for encoding in ("identity", "gzip"):
            headers = {"If-None-Match": known, "Accept-Encoding": encoding}
            answer = client.get(LARGE_ONE, headers=headers)
            assert (answer.status_code, answer.content) == (304, b""), known
            assert answer.headers["ETag"] in known


def test_a_tag_of_a_compressed_answer_is_good_for_a_change(
    client: httpx.Client, where: str
) -> None:
    version = client.get(where).headers["ETag"].removesuffix('"')
    assert code(cancel(client, where, If_Match=f'"9{version[1:]}.gzip"')) == (412, "stale-version")
    assert cancel(client, where, If_Match=f'{version}.gzip"').status_code == 200


def test_what_is_compressed_is_the_same_each_time(client: httpx.Client) -> None:
    def raw() -> bytes:
        with client.stream("GET", "/v1/things", headers={"Accept-Encoding": "gzip"}) as answer:
            return b"".join(answer.iter_raw())

    assert raw() == raw()
    assert gzip.decompress(raw()) == client.get("/v1/things").content


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.org",
        "things.example.org.evil.example",
        "evil@things.example.org",
        "things.example.org/evil",
        "",
        "[",
        "127.0.0.1",
        "a b",
    ],
)
def test_an_unknown_host_is_refused(client: httpx.Client, host: str) -> None:
    answer = client.get("/v1/things/open", headers={"Host": host})
    assert code(answer) == (400, "unknown-host")


@pytest.mark.parametrize("host", ["things.example.org", "THINGS.example.org:8443"])
def test_the_public_name_is_known_with_any_port(client: httpx.Client, host: str) -> None:
    assert client.get("/v1/things/open", headers={"Host": host}).status_code == 200


def test_allowed_hosts_replace_what_follows_from_the_public_url(
    things: Databases, tmp_path: Path
) -> None:
    settings = {"PUBLIC_URL": PUBLIC, "ALLOWED_HOSTS": "other.example.org, 127.0.0.1"}
    with serving(environment(things, **settings), tmp_path / "log") as one, one.client() as client:
        assert client.get("/v1/things/open").status_code == 200
        known = {"Host": "other.example.org"}
        assert client.get("/v1/things/open", headers=known).status_code == 200
        public = client.get("/v1/things/open", headers={"Host": "things.example.org"})
        assert code(public) == (400, "unknown-host")


def test_a_listed_origin_may_read_and_ask_beforehand(client: httpx.Client) -> None:
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    beforehand = client.options("/v1/things", headers=asked).headers
    assert beforehand["Access-Control-Allow-Origin"] == PAGE
    assert "POST" in beforehand["Access-Control-Allow-Methods"]
    assert "Authorization" in beforehand["Access-Control-Allow-Headers"]
    read = client.get("/v1/things", headers={"Origin": PAGE}).headers
    assert read["Access-Control-Allow-Origin"] == PAGE
    assert "ETag" in read["Access-Control-Expose-Headers"]
    assert "Origin" in read["Vary"]
    assert "Access-Control-Allow-Credentials" not in {*beforehand, *read}


@pytest.mark.parametrize(
    "origin",
    [
        "https://netz.example.org.evil.example",
        "http://netz.example.org",
        f"{PAGE}:444",
        "null",
        "*",
    ],
)
def test_no_other_origin_is_told_anything(client: httpx.Client, origin: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    for answer in (
        client.options("/v1/things", headers=headers),
        client.get("/v1/things", headers=headers),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_without_origins_nobody_may_read_across(things: Databases, tmp_path: Path) -> None:
    with serving(environment(things), tmp_path / "log") as one, one.client() as client:
        answer = client.get("/v1/things", headers={"Origin": PAGE})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "Origin" not in answer.headers["Vary"]


def test_what_has_a_tag_may_be_kept_by_its_reader_and_nothing_else(
    client: httpx.Client, where: str
) -> None:
    shown = client.get(where)
    again = client.get(where, headers={"If-None-Match": shown.headers["ETag"]})
    assert (shown.headers["Cache-Control"], again.headers["Cache-Control"]) == (
        "private, no-cache",
        "private, no-cache",
    )
    for other in (client.get("/v1/things"), client.get("/v1/nothing"), plan(client)):
        assert other.headers["Cache-Control"] == "no-store"


def test_every_answer_says_that_it_is_no_page(client: httpx.Client) -> None:
    for answer in (
        client.get("/v1/things"),
        client.get("/v1/nothing"),
        client.options("/v1/things"),
    ):
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
