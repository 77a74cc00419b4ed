"""The whole life of the meeting of 16 October 2020, written down afterwards."""

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from tests.integration.meetings import october
from tests.integration.meetings.conftest import (
    BADEN_BADEN,
    COHORT,
    EARLIER_COHORT,
    PROGRAMME_ID,
    STARTS_AT,
    Callers,
    told,
)

ENDED = datetime(2020, 10, 16, 15, tzinfo=UTC)
DOCUMENTED = datetime(2020, 11, 3, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def meeting(callers: Callers) -> str:
    """The recorded meeting with everything that its documentation says."""
    organiser = callers.organiser
    links = {"programme_id": str(PROGRAMME_ID), "cohort_id": str(COHORT)}
    address = f"/v1/meetings/{organiser.create('/v1/meetings/records', october.RECORD | links)}"
    spring = {
        "kind": "network_meeting",
        "title": "Nächstes Netzwerktreffen",
        "vague_date": "Frühjahr 2021",
    }
    following = organiser.create("/v1/meetings", spring)
    told(organiser.set(address, "agenda", {"items": october.AGENDA}))
    told(organiser.set(address, "place", {"online_platform": "Videokonferenz"}))
    announced = {"count": 40, "approximate": True, "source": "„annähernd 40“, Moderation"}
    told(organiser.set(address, "attendance/announced", announced))
    told(organiser.set(address, "attendance/counted", {"count": 27, "source": "Anzeige"}))
    statements = {"statements": october.told_statements()}
    told(organiser.post(f"{address}/stories", statements), 201)
    compared = {
        "from_cohort_id": str(EARLIER_COHORT),
        "to_cohort_id": str(COHORT),
        "pairs": october.seen_pairs(),
    }
    told(organiser.post(f"{address}/tendencies", compared), 201)
    told(organiser.set(address, "next-meeting", {"next_meeting_id": following}))
    documented = {
        "author_role": "Projektbegleiter:in",
        "documented_at": DOCUMENTED.isoformat(),
    }
    told(organiser.do(address, "publish-results", documented))
    return address


def shown(callers: Callers, meeting: str) -> Any:
    return told(callers.as_role("municipality", BADEN_BADEN).get(meeting))


def test_the_meeting_is_documented_and_says_that_it_is_history(
    callers: Callers, meeting: str
) -> None:
    seen = shown(callers, meeting)
    assert (seen["state"], seen["recorded_afterwards"]) == ("documented", True)
    assert (seen["mode"], seen["mode_reason"]) == ("digital", "Corona-Pandemie")
    assert (seen["starts_at"], seen["ends_at"]) == (
        "2020-10-16T14:00:00+02:00",
        "2020-10-16T17:00:00+02:00",
    )
    assert seen["time_zone"] == "Europe/Berlin"
    assert seen["results"] == {
        "stories": 46,
        "tendencies": 5,
        "documented_at": "2020-11-03T12:00:00+01:00",
        "author_role": "Projektbegleiter:in",
    }
    assert seen["actions"] == []
    assert told(callers.moderator.get(meeting))["actions"] == ["withdraw_story"]


def test_announced_counted_and_registered_attendance_stand_apart(
    callers: Callers, meeting: str
) -> None:
    assert shown(callers, meeting)["attendance"] == {
        "announced": {"count": 40, "approximate": True, "source": "„annähernd 40“, Moderation"},
        "registered": 0,
        "waitlisted": 0,
        "checked_in": 0,
        "counted": {"count": 27, "source": "Anzeige"},
    }


def test_the_agenda_has_its_eight_items_with_ends_that_follow_from_their_order(
    callers: Callers, meeting: str
) -> None:
    agenda = told(callers.moderator.get(f"{meeting}/agenda"))
    items = agenda["items"]
    assert [item["title"] for item in items] == [item["title"] for item in october.AGENDA]
    assert [item["starts_at"] for item in items] == [
        item.get("starts_at") for item in october.AGENDA
    ]
    assert [item["ends_at"] and item["ends_at"][11:16] for item in items] == october.SHOWN_ENDS
    assert [item["ends_at_derived"] for item in items] == [False, *[True] * 7]
    assert items[2]["topics"] == ["Worauf wir aufbauen", "Wer fehlt noch?", "Tendenzen"]
    assert shown(callers, meeting)["agenda"] == items


def test_the_stories_stand_in_four_sections_in_their_order(callers: Callers, meeting: str) -> None:
    for section, statements in october.STATEMENTS.items():
        stories = callers.organiser.items(f"{meeting}/stories?section={section}")
        assert [story["statement"] for story in stories] == statements
    assert len(callers.organiser.items(f"{meeting}/stories")) == 46


def test_the_tendencies_compare_two_cohorts(callers: Callers, meeting: str) -> None:
    tendencies = callers.organiser.items(f"{meeting}/tendencies")
    assert [(pair["earlier"], pair["later"]) for pair in tendencies] == october.PAIRS
    assert {pair["from_cohort_id"] for pair in tendencies} == {str(EARLIER_COHORT)}


def test_the_next_meeting_is_an_idea_for_spring(callers: Callers, meeting: str) -> None:
    following = shown(callers, meeting)["next_meeting"]["meeting_id"]
    spring = shown(callers, f"/v1/meetings/{following}")
    assert (spring["state"], spring["vague_date"]) == ("idea", "Frühjahr 2021")
    assert (spring["mode"], spring["starts_at"]) == (None, None)


def test_every_fact_became_true_then_and_was_recorded_now(callers: Callers, meeting: str) -> None:
    query = sa.text("SELECT type, occurred_at, recorded_at FROM events WHERE stream = :stream")
    stream = f"meeting-{meeting.rpartition('/')[2]}"
    with callers.kit.engine.connect() as connection:
        events = connection.execute(query, {"stream": stream}).all()
    assert {at for name, at, _ in events if name != "results.published"} == {ENDED}
    assert {at for name, at, _ in events if name == "results.published"} == {DOCUMENTED}
    assert all(recorded_at.year > 2025 for *_, recorded_at in events)
    names = {name for name, *_ in events}
    assert not names & {"invitations.opened", "meeting.scheduled", "participant.registered"}


def test_nobody_is_invited_to_history(callers: Callers, meeting: str) -> None:
    invite = {"audience": [{"kind": "cohort", "id": str(COHORT)}]}
    problem = told(callers.organiser.do(meeting, "open-invitations", invite), 409)
    assert problem["code"] == "meeting-is-documented"


def test_a_withdrawn_story_is_no_longer_shown(callers: Callers, meeting: str) -> None:
    first = callers.organiser.items(f"{meeting}/stories?section=benefit")[0]["story_id"]
    reason = {"reason": "Einwilligung zurückgezogen"}
    path = f"{meeting}/stories/{first}/withdraw"
    told(callers.moderator.post(path, reason), 204)
    left = callers.organiser.items(f"{meeting}/stories?section=benefit")
    assert first not in [story["story_id"] for story in left]
    told(callers.moderator.post(path, reason), 404)
    body = {"statements": [{"section": "benefit", "statement": "Heimat"}]}
    told(callers.moderator.post(f"{meeting}/stories", body), 409)


def test_history_lies_in_the_past(callers: Callers) -> None:
    body = october.RECORD | {"starts_at": STARTS_AT.isoformat(), "ends_at": None}
    problem = told(callers.organiser.post("/v1/meetings/records", body), 422)
    assert problem["errors"][0]["pointer"] == "#/starts_at"


def test_a_meeting_of_the_past_is_not_planned(callers: Callers) -> None:
    body = {key: october.RECORD[key] for key in ("kind", "title", "starts_at", "ends_at")}
    problem = told(callers.organiser.post("/v1/meetings", body), 422)
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("in-the-past", "#/starts_at")


def test_an_end_that_nobody_knows_stays_open(callers: Callers) -> None:
    body = october.RECORD | {"ends_at": None}
    address = f"/v1/meetings/{callers.organiser.create('/v1/meetings/records', body)}"
    agenda = {"items": [october.item("15:30", "Ausklang", "social")]}
    told(callers.organiser.set(address, "agenda", agenda))
    (item,) = told(callers.organiser.get(f"{address}/agenda"))["items"]
    assert (item["ends_at"], item["ends_at_derived"]) == (None, False)
