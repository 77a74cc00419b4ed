"""S31: an idempotency key belongs to one caller, one route and one body, for a day."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import orjson
import psycopg
import pytest
import sqlalchemy as sa

from eventkit.auth.principal import Principal
from local.databases import connect
from local.processes import wait_until
from tests.security.conftest import Count
from tests.security.raw import exchange, status
from tests.security.site import SCOPES, Site, Who

ORGANISER = Who("organiser")
OPERATOR = Who("operator")
BODY = {
    "kind": "network_meeting",
    "title": "Netzwerktreffen",
    "mode": "digital",
    "vague_date": "Frühjahr 2021",
}
CLIENT = {"name": "Werkzeug", "role": "municipality", "tenant": "08111000"}
ENDPOINT = {"url": "http://127.0.0.1:9999/netz", "event_types": ["meeting.scheduled"]}
KEPT = sa.text("SELECT count(*) FROM idempotency")


@pytest.fixture
def key() -> str:
    return f'"{uuid4()}"'


def post(
    site: Site,
    who: Who | str,
    key: str,
    body: Any = BODY,
    *,
    service: str = "meetings",
    path: str = "/v1/meetings",
) -> httpx.Response:
    return site.ask(who, service, "POST", path, json=body, headers={"Idempotency-Key": key})


def token(site: Site, subject: str, **more: Any) -> str:
    scopes = more.pop("scopes", SCOPES)
    return site.signer.sign(Principal(subject, "organiser", None, scopes))


def number(site: Site) -> int:
    """How many meetings there are."""
    with site.kits["meetings"].engine.connect() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM calendar")) or 0)


def test_the_same_wish_gets_the_same_answer_and_happens_once(site: Site, key: str) -> None:
    before = number(site)
    first, again = post(site, ORGANISER, key), post(site, ORGANISER, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["Location"] == again.headers["Location"]
    assert number(site) == before + 1


def test_the_same_key_of_another_client_is_another_key(site: Site, key: str) -> None:
    callers: list[Who | str] = [
        ORGANISER,
        Who("steering_group"),
        *(token(site, f"other-{n}") for n in range(3)),
    ]
    answers = [post(site, who, key) for who in callers]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == len(callers)
    # Nothing tells the second that there was a first.
    assert len({frozenset(answer.headers) for answer in answers}) == 1


def test_the_same_key_of_another_tenant_is_another_key(site: Site, key: str) -> None:
    tenants = [Who("municipality", "08111000"), Who("municipality", "08212000")]
    answers = [
        post(site, who, key, ENDPOINT, service="notifications", path="/v1/endpoints")
        for who in tenants
    ]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    first, second = (answer.json() for answer in answers)
    assert first != second


def test_the_same_key_at_another_address_is_another_key(site: Site, key: str) -> None:
    shown = [post(site, ORGANISER, f'"{uuid4()}"').headers["Location"] for _ in range(2)]
    headers = {"Idempotency-Key": key, "If-Match": '"1"'}
    cancelled = [
        site.ask(
            ORGANISER, "meetings", "POST", f"{where}/cancel", json={"reason": "x"}, headers=headers
        )
        for where in (*shown, *shown)
    ]
    assert [answer.status_code for answer in cancelled] == [200] * 4
    first, second, *again = (answer.json() for answer in cancelled)
    assert first["id"] != second["id"]
    assert again == [first, second]


@pytest.mark.parametrize(
    "changed",
    [
        {"title": "Anderes"},
        {"title": "Netzwerktreffen "},
        {"mode": "in_person"},
        {"vague_date": "Herbst 2021"},
    ],
)
def test_the_same_key_for_another_wish_is_refused(
    site: Site, key: str, changed: dict[str, str], count: Count
) -> None:
    post(site, ORGANISER, key)
    before = number(site)
    refused = post(site, ORGANISER, key, BODY | changed)
    assert (refused.status_code, refused.json()["code"]) == (422, "idempotency-key-reused")
    assert number(site) == before
    count("misused idempotency keys", 1)


@pytest.mark.parametrize(
    "given",
    [
        *("", '""', '"', '"x', "x y", "schlüssel", '"a"b', '"' + "a" * 256 + '"', "a" * 256),
        *('"\\x"', '"a\tb"', "'x'", "{x}", '"a", "b"'),
        "a" * 7000,
    ],
)
def test_what_is_no_key_is_refused(site: Site, given: str, count: Count) -> None:
    before = number(site)
    answer = site.ask(
        ORGANISER,
        "meetings",
        "POST",
        "/v1/meetings",
        json=BODY,
        headers={b"Idempotency-Key": given.encode()},
    )
    assert answer.status_code == 400, answer.text
    assert number(site) == before
    count("misused idempotency keys", 1)


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        (b'"a\x00b"', {400}),
        (b'"' + b"a" * 10_240 + b'"', {431}),
        (b'"a"\r\nIdempotency-Key: "b"', {400}),
        (b'"a\r\n b"', {400}),
    ],
    ids=["NUL", "10 kB", "two", "folded"],
)
def test_no_header_smuggles_a_key_in(
    site: Site, given: bytes, refused: set[int], count: Count
) -> None:
    port = int(site.urls["meetings"].rpartition(":")[2])
    body = orjson.dumps(BODY)
    head = (
        b"POST /v1/meetings HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        b"Content-Type: application/json\r\nContent-Length: %d\r\nAuthorization: Bearer %s\r\n"
    ) % (len(body), token(site, "raw").encode())
    before = number(site)
    answer = exchange(port, head + b"Idempotency-Key: " + given + b"\r\n\r\n" + body)
    assert status(answer) in refused
    assert number(site) == before
    count("misused idempotency keys", 1)


def test_after_a_day_a_key_is_new(site: Site, key: str) -> None:
    first = post(site, ORGANISER, key)
    with site.kits["meetings"].engine.connect() as connection:
        connection.execute(
            sa.text("UPDATE idempotency SET recorded_at = recorded_at - interval '24 hours'")
        )
    second = post(site, ORGANISER, key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]


@contextmanager
def no_appends(site: Site) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Whoever appends an event waits until the end of the block."""
    owner = site.databases["meetings"].migration_environment()["MIGRATION_DATABASE_URL"]
    with connect(owner) as connection, connection.transaction():
        connection.execute("LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE")
        yield connection


def is_waiting(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'events'::regclass"
    return connection.execute(waiting).fetchone() == (1,)


def test_while_the_first_still_runs_the_second_is_told_to_wait(site: Site, key: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        with no_appends(site) as blocking:
            first = pool.submit(post, site, ORGANISER, key)
            wait_until(lambda: is_waiting(blocking), what="the first", seconds=5)
            second = post(site, ORGANISER, key)
        assert first.result().status_code == 201
    assert (second.status_code, second.json()["code"]) == (409, "idempotency-key-busy")
    assert second.headers["Retry-After"] == "1"
    assert post(site, ORGANISER, key).json() == first.result().json()


def test_of_many_at_once_one_happens(site: Site, key: str) -> None:
    before = number(site)
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: post(site, ORGANISER, key), range(30)))
    done = {answer.json()["id"] for answer in answers if answer.status_code == 201}
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert (len(done), number(site)) == (1, before + 1)


def test_a_replay_holds_no_secret_and_neither_does_what_is_kept(site: Site, key: str) -> None:
    def register() -> httpx.Response:
        return post(site, OPERATOR, key, CLIENT, service="registry", path="/v1/clients")

    first, again = register(), register()
    assert (first.status_code, again.status_code) == (201, 201), first.text
    secret = first.json()["client_secret"]
    assert again.json() | {"client_secret": secret} == first.json()
    assert again.json()["client_secret"] is None
    with site.kits["registry"].engine.connect() as connection:
        kept = connection.scalars(sa.text("SELECT row_to_json(i)::text FROM idempotency i"))
        assert not [row for row in kept if secret in row or secret.encode().hex() in row]


def test_a_replay_is_authorised_anew(site: Site, key: str) -> None:
    assert post(site, token(site, "narrowed"), key).status_code == 201
    reading = token(site, "narrowed", scopes=frozenset({"read"}))
    refused = post(site, reading, key)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient-scope")
    role = site.signer.sign(Principal("narrowed", "municipality", "08111000", SCOPES))
    assert post(site, role, key).status_code == 403
