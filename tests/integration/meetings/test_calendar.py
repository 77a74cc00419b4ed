"""The calendar over HTTP: order, pages, filters, conditional requests."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.meetings import october
from tests.integration.meetings.conftest import (
    COHORT,
    EARLIER_COHORT,
    ENDS_AT,
    PFORZHEIM,
    PROGRAMME_ID,
    STARTS_AT,
    Callers,
    told,
)

AT = {"kind": "training", "cohort_id": str(EARLIER_COHORT)}


@pytest.fixture(scope="module")
def trainings(callers: Callers) -> list[str]:
    """Ids of five trainings in their order: history, three dates of which two are one, an idea."""
    organiser = callers.organiser
    idea = organiser.create("/v1/meetings", {"title": "Schulung", **AT})
    late, early, twin = (
        callers.scheduled(
            **AT,
            starts_at=(STARTS_AT + timedelta(days=days)).isoformat(),
            ends_at=(ENDS_AT + timedelta(days=days)).isoformat(),
        ).rpartition("/")[2]
        for days in (9, 2, 2)
    )
    past = organiser.create("/v1/meetings/records", october.RECORD | AT)
    return [past, *sorted([early, twin]), late, idea]


def ids(callers: Callers, query: str) -> list[Any]:
    listed = callers.organiser.items(f"/v1/meetings?kind=training{query}")
    return [item["meeting_id"] for item in listed]


def test_meetings_stand_in_the_order_of_their_start_and_ideas_last(
    callers: Callers, trainings: list[str]
) -> None:
    assert ids(callers, "") == trainings


@pytest.mark.parametrize("limit", [1, 2, 3, 5])
def test_pages_lose_and_repeat_nothing(callers: Callers, trainings: list[str], limit: int) -> None:
    seen: list[Any] = []
    path: str | None = f"/v1/meetings?kind=training&limit={limit}"
    while path:
        page = told(callers.organiser.get(path))
        assert len(page["items"]) <= limit
        seen += [item["meeting_id"] for item in page["items"]]
        following = page["next"]
        path = following and f"/v1/meetings?kind=training&limit={limit}&cursor={following}"
    assert seen == trainings


def test_meetings_are_filtered(callers: Callers, trainings: list[str]) -> None:
    past, *dated, idea = trainings
    now = STARTS_AT.strftime("%Y-%m-%dT%H:%M:%SZ")
    later = (STARTS_AT + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids(callers, "&state=idea") == [idea]
    assert ids(callers, "&state=held") == [past]
    assert ids(callers, f"&from={now}") == dated
    assert ids(callers, f"&to={now}") == [past]
    assert ids(callers, f"&from={now}&to={later}") == dated[:2]
    assert ids(callers, f"&cohort={EARLIER_COHORT}") == trainings
    assert ids(callers, f"&cohort={COHORT}") == []


def test_meetings_are_sorted_either_way(callers: Callers, trainings: list[str]) -> None:
    assert ids(callers, "&sort=starts_at") == trainings
    assert ids(callers, "&sort=-starts_at") == trainings[::-1]
    assert sorted(ids(callers, "&sort=title")) == sorted(trainings)


def test_in_the_night_in_which_clocks_go_back_order_and_times_are_right(callers: Callers) -> None:
    """The last Sunday of an October that is ahead: at one in UTC it is two o'clock once more."""
    october = datetime(STARTS_AT.year + 1, 10, 31, 0, 30, tzinfo=UTC)
    night = october - timedelta(days=(october.weekday() + 1) % 7)
    shown = ["02:00:00+02:00", "02:30:00+02:00", "02:00:00+01:00", "02:30:00+01:00"]
    starts = [night + timedelta(minutes=minutes) for minutes in (-30, 0, 30, 60)]
    for at in reversed(starts):
        body = {"starts_at": at.isoformat(), "ends_at": (at + timedelta(hours=1)).isoformat()}
        callers.scheduled(title="Nachtwache", **body)
    since = (night - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    until = (night + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    listed = callers.organiser.items(f"/v1/meetings?from={since}&sort=starts_at")
    times = [one["starts_at"] for one in listed if one["title"] == "Nachtwache"]
    assert times == [f"{night:%Y-%m-%d}T{time}" for time in shown]
    before = callers.organiser.items(f"/v1/meetings?from={since}&to={until}")
    assert [one["starts_at"] for one in before] == times[:3]


def test_meetings_are_filtered_by_host_mode_and_programme(callers: Callers) -> None:
    body = {"kind": "supervision", "title": "Supervision", "programme_id": str(PROGRAMME_ID)}
    hybrid = callers.organiser.create("/v1/meetings", body | {"mode": "hybrid"})
    hosted = callers.organiser.create("/v1/meetings", body | {"host_ags": PFORZHEIM})

    def found(query: str) -> set[str]:
        path = f"/v1/meetings?kind=supervision&{query}"
        return {item["meeting_id"] for item in callers.organiser.items(path)}

    assert found("mode=hybrid") == {hybrid}
    assert found(f"host={PFORZHEIM}") == {hosted}
    assert found(f"programme={PROGRAMME_ID}") == {hybrid, hosted}
    assert found(f"programme={COHORT}") == set()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("state=asleep", 422),
        ("kind=", 422),
        ("cohort=1", 422),
        ("from=2021-01-01", 400),
        ("from=1-01-01T00:00:00Z", 400),
        ("state=idea&state=held", 422),
        ("sort=join_url", 422),
        ("offset=10", 422),
        ("limit=0", 422),
        ("limit=-1", 422),
        ("limit=1000000000", 422),
        ("limit=1.5", 422),
        ("limit=%D9%A3", 422),
        ("cursor=x", 400),
        ("cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 400),
    ],
)
def test_a_bad_query_is_refused(callers: Callers, query: str, status: int) -> None:
    answer = callers.organiser.get(f"/v1/meetings?{query}")
    assert answer.status_code == status
    assert answer.content_type.startswith("application/problem+json")


def test_a_cursor_is_good_for_its_caller_and_query_only(
    callers: Callers, trainings: list[str]
) -> None:
    cursor = told(callers.organiser.get("/v1/meetings?kind=training&limit=1"))["next"]
    assert trainings
    told(callers.moderator.get(f"/v1/meetings?kind=training&cursor={cursor}"), 400)
    told(callers.organiser.get(f"/v1/meetings?state=idea&cursor={cursor}"), 400)


def test_what_did_not_change_is_not_sent_again(callers: Callers) -> None:
    meeting = callers.scheduled()
    for path in (meeting, f"{meeting}/agenda"):
        tag = callers.organiser.get(path).headers["ETag"]
        assert callers.organiser.get(path, **{"If-None-Match": tag}).status_code == 304
    told(callers.organiser.do(meeting, "cancel", {"reason": "Sturm"}))
    assert callers.organiser.get(path, **{"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("part", ["", "/agenda", "/stories", "/tendencies", "/registrations"])
def test_a_meeting_that_does_not_exist_has_no_parts(callers: Callers, part: str) -> None:
    told(callers.organiser.get(f"/v1/meetings/{uuid4()}{part}"), 404)


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize(
    ("text", "says"),
    [("2027", "2021-03-18T09:00:00Z"), ("2027-03-12T10:00:00+01:00", "write %2B")],
)
def test_what_is_no_time_is_explained_in_filters_too(
    callers: Callers, name: str, text: str, says: str
) -> None:
    problem = told(callers.organiser.get(f"/v1/meetings?{name}={text}"), 400)
    (fault,) = problem["errors"]
    assert (problem["code"], fault["parameter"]) == ("bad-time", name)
    assert says in fault["detail"]
