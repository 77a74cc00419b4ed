"""Whatever is sent, the answer is a problem with a pointer, and nothing is stored."""

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from tests.integration.meetings import october
from tests.integration.meetings.conftest import COHORT, CONTACT, STARTS_AT, Callers, told

PLAN: dict[str, Any] = {"kind": "network_meeting", "title": "Netzwerktreffen"}
TIME = {"starts_at": STARTS_AT.isoformat()}
FOREIGN = ["id", "tenant_id", "version", "created_at", "is_admin", "state", "__proto__", "_links"]


def events(callers: Callers) -> int:
    with callers.kit.engine.connect() as connection:
        return int(connection.scalars(sa.text("SELECT count(*) FROM events")).one())


def send(callers: Callers, raw: bytes, content_type: str = "application/json") -> TestResponse:
    headers = {
        **callers.organiser.headers,
        "Idempotency-Key": f'"{uuid4()}"',
        "Content-Type": content_type,
    }
    return callers.app.test_client().post("/v1/meetings", data=raw, headers=headers)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        *(({name: 1}, f"#/{name}") for name in FOREIGN),
        ({"kind": "party"}, "#/kind"),
        ({"kind": ["network_meeting"]}, "#/kind"),
        ({"title": ""}, "#/title"),
        ({"title": "  "}, "#/title"),
        ({"title": 7}, "#/title"),
        ({"title": None}, "#/title"),
        ({"title": "x" * 201}, "#/title"),
        ({"title": "x\u202ey"}, "#/title"),
        ({"title": "x\u0000y"}, "#/title"),
        ({"mode": "by_letter"}, "#/mode"),
        ({"cohort_id": "2020"}, "#/cohort_id"),
        ({"cohort_id": str(uuid4())}, "#/cohort_id"),
        ({"programme_id": str(uuid4())}, "#/programme_id"),
        ({"programme_id": str(CONTACT), "cohort_id": str(COHORT)}, "#/programme_id"),
        ({"host_ags": "08999999"}, "#/host_ags"),
        ({"host_ags": "0821100"}, "#/host_ags"),
        ({"host_ags": "0821100٣"}, "#/host_ags"),
        ({"host_ags": 8211000}, "#/host_ags"),
        (TIME, "#/ends_at"),
        ({**TIME, "ends_at": TIME["starts_at"]}, "#/ends_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "#/starts_at"),
        ({"starts_at": "9999-12-31T23:59:59-14:00"}, "#/starts_at"),
        ({"starts_at": "morgen"}, "#/starts_at"),
    ],
)
def test_a_wrong_plan_is_refused_with_a_pointer(
    callers: Callers, changes: dict[str, Any], pointer: str
) -> None:
    before = events(callers)
    problem = told(callers.organiser.post("/v1/meetings", PLAN | changes), 422)
    assert problem["errors"][0]["pointer"] == pointer
    assert events(callers) == before


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b'{"title": "a", "title": "b"}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b'{"title": NaN}', 400),
        (b'{"title": 1e999}', 400),
        (b"[" * 40 + b"]" * 40, 400),
        (b"[" * 100_000, 400),
        (b"\xef\xbb\xbf{}", 400),
        ('{"title": "a"}'.encode("utf-16"), 400),
        (b"{} {}", 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"text"', 422),
        (b'{"title": "' + b"x" * 1_100_000 + b'"}', 413),
    ],
)
def test_what_is_no_plan_at_all_is_refused(callers: Callers, raw: bytes, status: int) -> None:
    before = events(callers)
    answer = send(callers, raw)
    assert answer.status_code == status, answer.text
    assert answer.content_type.startswith("application/problem+json")
    assert events(callers) == before


def test_a_plan_is_json(callers: Callers) -> None:
    assert send(callers, b"<plan/>", "application/xml").status_code == 415


@pytest.mark.parametrize(
    ("part", "body", "pointer"),
    [
        ("place", {"join_url": "http://treffen.example.org"}, "#/join_url"),
        ("place", {"join_url": "https://"}, "#/join_url"),
        ("place", {"join_url": "javascript:alert(1)"}, "#/join_url"),
        ("place", {"join_url": "https://treffen.example.org/\r\nX: y"}, "#/join_url"),
        ("place", {"host_ags": "08999999"}, "#/host_ags"),
        ("attendance/announced", {"count": 4, "source": "x", "approximate": 1}, "#/approximate"),
        ("attendance/announced", {"count": -1, "source": "x", "approximate": True}, "#/count"),
        ("attendance/announced", {"count": "4", "source": "x", "approximate": True}, "#/count"),
        ("attendance/counted", {"count": 4.5, "source": "x"}, "#/count"),
        ("attendance/counted", {"count": 2**40, "source": "x"}, "#/count"),
        ("attendance/counted", {"count": True, "source": "x"}, "#/count"),
        ("next-meeting", {}, "#/vague_date"),
        ("next-meeting", {"next_meeting_id": str(uuid4())}, "#/next_meeting_id"),
    ],
)
def test_a_wrong_part_is_refused_with_a_pointer(
    callers: Callers, part: str, body: dict[str, Any], pointer: str
) -> None:
    meeting = f"/v1/meetings/{callers.organiser.create('/v1/meetings/records', october.RECORD)}"
    problem = told(callers.organiser.set(meeting, part, body), 422)
    assert problem["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    ("part", "body", "pointer"),
    [
        ("stories", {"statements": []}, "#/statements"),
        (
            "stories",
            {"statements": [{"section": "end", "statement": "x"}]},
            "#/statements/0/section",
        ),
        (
            "stories",
            {"statements": [{"section": "benefit", "statement": "x", "emphasis": ["y"]}]},
            "#/statements/0/emphasis/0",
        ),
        (
            "tendencies",
            {"from_cohort_id": str(COHORT), "to_cohort_id": str(uuid4()), "pairs": [{}]},
            "#/pairs/0/earlier",
        ),
        (
            "tendencies",
            {
                "from_cohort_id": str(COHORT),
                "to_cohort_id": str(uuid4()),
                "pairs": [{"earlier": "a", "later": "b"}],
            },
            "#/to_cohort_id",
        ),
        (
            "tendencies",
            {
                "from_cohort_id": str(COHORT),
                "to_cohort_id": str(COHORT),
                "pairs": [{"earlier": "a", "later": "b"}],
            },
            "#/to_cohort_id",
        ),
    ],
)
def test_a_wrong_result_is_refused_with_a_pointer(
    callers: Callers, part: str, body: dict[str, Any], pointer: str
) -> None:
    meeting = f"/v1/meetings/{callers.organiser.create('/v1/meetings/records', october.RECORD)}"
    problem = told(callers.organiser.post(f"{meeting}/{part}", body), 422)
    assert problem["errors"][0]["pointer"] == pointer
    assert callers.organiser.items(f"{meeting}/{part}") == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"audience": []}, "#/audience"),
        ({"audience": [{"kind": "press", "id": str(COHORT)}]}, "#/audience/0/kind"),
        ({"audience": [{"kind": "cohort", "id": str(uuid4())}]}, "#/audience/0/id"),
        ({"audience": [{"kind": "steering_group", "id": str(COHORT)}]}, "#/audience/0/id"),
        ({"audience": [{"kind": "cohort", "id": str(COHORT)}] * 2}, "#/audience/1"),
        ({"audience": [{"kind": "cohort", "id": str(COHORT)}], "capacity": 0}, "#/capacity"),
    ],
)
def test_nobody_unknown_is_invited(callers: Callers, body: dict[str, Any], pointer: str) -> None:
    problem = told(callers.organiser.do(callers.scheduled(), "open-invitations", body), 422)
    assert problem["errors"][0]["pointer"] == pointer


def test_what_is_created_wants_a_key(callers: Callers) -> None:
    client = callers.app.test_client()
    answer = client.post("/v1/meetings", json=PLAN, headers=callers.organiser.headers)
    assert told(answer, 400)["code"] == "idempotency-key-required"


def test_german_text_is_stored_composed(callers: Callers) -> None:
    body = PLAN | {"title": "Fru\u0308hjahrstreffen"}
    meeting = callers.organiser.create("/v1/meetings", body)
    assert told(callers.organiser.get(f"/v1/meetings/{meeting}"))["title"] == "Frühjahrstreffen"
