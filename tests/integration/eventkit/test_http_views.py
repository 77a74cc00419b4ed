"""Views on a real database: what a command and a question answer."""

from typing import Any

import httpx
import pytest

from eventkit.database import driver, session
from eventkit.unit import Kit
from tests.integration.eventkit.http_calls import As, cancel, code, plan


def test_a_thing_is_created_shown_and_changed_by_its_version(client: httpx.Client) -> None:
    made = plan(client)
    assert made.status_code == 201
    assert made.json() == {"id": made.headers["Location"].rpartition("/")[2], "version": 1}
    shown = client.get(made.headers["Location"])
    assert shown.json()["title"] == "Treffen"
    for tag in (made.headers["ETag"], shown.headers["ETag"]):
        assert tag.strip('"').partition(".")[0] == "1"
    changed = cancel(client, made.headers["Location"], If_Match=shown.headers["ETag"])
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert changed.headers["ETag"] == '"2"'


def test_answers_to_signed_in_callers_are_kept_by_nobody(client: httpx.Client) -> None:
    headers = plan(client).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Vary"] == "Authorization, Accept-Language, Accept-Encoding"


def test_a_known_representation_is_304(client: httpx.Client) -> None:
    where = plan(client).headers["Location"]
    tag = client.get(where).headers["ETag"]
    for known in (tag, f'"x", {tag}', f"W/{tag}", "*"):
        answer = client.get(where, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    for unknown in ('"1"', '"1.0"', "x", ""):
        assert client.get(where, headers={"If-None-Match": unknown}).status_code == 200


def test_head_answers_like_get_without_a_body(client: httpx.Client) -> None:
    where = plan(client).headers["Location"]
    shown, headed = client.get(where), client.head(where)
    assert headed.content == b""
    for name in ("ETag", "Content-Length", "Content-Type"):
        assert headed.headers[name] == shown.headers[name]


def test_a_change_without_a_version_is_428(client: httpx.Client) -> None:
    where = plan(client).headers["Location"]
    assert code(cancel(client, where)) == (428, "precondition-required")
    assert code(cancel(client, where, If_Match="")) == (428, "precondition-required")


@pytest.mark.parametrize("tag", ['"2"', '"0"', '"x"', '"1","2"', 'W/"1","2"', '"99999999999"'])
def test_a_change_of_another_version_is_412(client: httpx.Client, tag: str) -> None:
    where = plan(client).headers["Location"]
    assert code(cancel(client, where, If_Match=tag)) == (412, "stale-version")


@pytest.mark.parametrize("tag", ['W/"1"', 'W/"1", W/"2"'])
def test_a_weak_tag_is_412_and_does_not_send_its_caller_round_in_circles(
    client: httpx.Client, tag: str
) -> None:
    where = plan(client).headers["Location"]
    answer = cancel(client, where, If_Match=tag)
    assert code(answer) == (412, "weak-tag")
    assert "strong" in answer.json()["detail"]


@pytest.mark.parametrize("tag", ["1", '"1', "'1'", '"1" "2"'])
def test_a_malformed_tag_is_400(client: httpx.Client, tag: str) -> None:
    where = plan(client).headers["Location"]
    assert code(cancel(client, where, If_Match=tag)) == (400, "bad-if-match")


def test_any_version_may_be_asked_for_by_name(client: httpx.Client) -> None:
    assert cancel(client, plan(client).headers["Location"], If_Match="*").status_code == 200


def test_a_repetition_gets_the_first_answer_again(client: httpx.Client) -> None:
    first, again = plan(client, key="a"), plan(client, key="a")
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Location"] == first.headers["Location"]
    assert len(client.get("/v1/things").json()["items"]) == 1


def test_a_key_may_stand_without_quotes_and_is_then_the_same(client: httpx.Client) -> None:
    quoted = plan(client, key="8e03978e").json()
    headers = {"Idempotency-Key": "8e03978e"}
    assert client.post("/v1/things", json={"title": "Treffen"}, headers=headers).json() == quoted


def test_a_key_with_another_body_is_422(client: httpx.Client) -> None:
    plan(client, "Treffen", "a")
    assert code(plan(client, "Anderes", "a")) == (422, "idempotency-key-reused")


def test_creating_without_a_key_is_400(client: httpx.Client) -> None:
    answer = client.post("/v1/things", json={"title": "a"})
    assert code(answer) == (400, "idempotency-key-required")


@pytest.mark.parametrize(
    "other", [{"subject": "two"}, {"role": "steering_group"}, {"tenant": "08111000"}]
)
def test_another_callers_key_is_another_key(as_: As, other: dict[str, Any]) -> None:
    first = plan(as_(), key="a")
    assert plan(as_(**other), "Anderes", "a").json()["id"] != first.json()["id"]


def test_a_key_belongs_to_its_route(client: httpx.Client) -> None:
    where = plan(client, key="a").headers["Location"]
    headers = {"Idempotency-Key": '"a"'}
    added = client.post(f"{where}/parts", json={"reason": "x"}, headers=headers)
    assert (added.status_code, added.json()["version"]) == (201, 2)
    changed = cancel(client, where, If_Match='"2"', Idempotency_Key='"a"')
    assert (changed.status_code, changed.json()["version"]) == (200, 3)


def test_a_key_whose_first_call_still_runs_is_409(client: httpx.Client, kit: Kit) -> None:
    plan(client, key="a")
    with session(kit.engine) as connection, driver(connection).transaction():
        rows = driver(connection).execute("SELECT scope FROM idempotency").fetchall()
        scope: bytes = rows[0][0]
        lock = [int.from_bytes(scope[i : i + 4], signed=True) for i in (0, 4)]
        driver(connection).execute("SELECT pg_advisory_xact_lock(%s, %s)", lock)
        answer = plan(client, key="a")
    assert code(answer) == (409, "idempotency-key-busy")
    assert answer.headers["Retry-After"] == "1"


def test_a_repeated_change_is_answered_before_its_version_is_judged(client: httpx.Client) -> None:
    where = plan(client).headers["Location"]
    first = cancel(client, where, If_Match='"1"', Idempotency_Key='"c"')
    again = cancel(client, where, If_Match='"1"', Idempotency_Key='"c"')
    assert (again.status_code, again.json()) == (200, first.json())


def test_a_refused_command_does_not_use_up_its_key(client: httpx.Client) -> None:
    where = plan(client).headers["Location"]
    refused = cancel(client, where, If_Match='"7"', Idempotency_Key='"c"')
    assert refused.status_code == 412
    assert cancel(client, where, If_Match='"1"', Idempotency_Key='"c"').status_code == 200


def test_a_state_that_refuses_is_409(client: httpx.Client) -> None:
    where = plan(client).headers["Location"]
    cancel(client, where, If_Match='"1"')
    assert code(cancel(client, where, If_Match='"2"')) == (409, "cancelled")


def test_a_list_comes_in_pages_that_miss_and_repeat_nothing(client: httpx.Client) -> None:
    made = {plan(client, f"T{number % 3}").json()["id"] for number in range(7)}
    seen: list[str] = []
    where = "/v1/things?limit=2"
    while where:
        page = client.get(where)
        seen += [item["meeting_id"] for item in page.json()["items"]]
        plan(client, "T9")
        where = page.links["next"]["url"] if page.json()["next"] else ""
    assert sorted(seen) == sorted(made)


def test_a_list_is_sorted_and_filtered(client: httpx.Client) -> None:
    for title in ("B", "A", "C"):
        plan(client, title)
    titles = [item["title"] for item in client.get("/v1/things").json()["items"]]
    assert titles == ["C", "B", "A"]
    assert client.get("/v1/things?state=cancelled").json() == {"items": [], "next": None}


def test_a_cursor_is_good_for_its_caller_and_its_query_alone(as_: As) -> None:
    client = as_()
    for title in ("A", "B", "C"):
        plan(client, title)
    cursor = client.get("/v1/things?limit=1&state=planned").json()["next"]
    good = f"/v1/things?limit=2&state=planned&cursor={cursor}"
    assert len(client.get(good).json()["items"]) == 2
    turned = cursor[:-2] + ("A" if cursor[-2] != "A" else "B") + cursor[-1]
    for other in (as_(subject="two"), as_("steering_group"), as_(tenant="08111000")):
        assert code(other.get(good)) == (400, "bad-cursor")
    for query in (f"state=cancelled&cursor={cursor}", f"cursor={cursor}", f"cursor={turned}"):
        assert code(client.get(f"/v1/things?{query}")) == (400, "bad-cursor")
