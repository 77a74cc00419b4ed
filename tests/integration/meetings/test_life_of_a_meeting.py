"""A meeting from the vague idea to its documentation, with everything that happens between."""

from datetime import timedelta
from typing import Any

from tests.integration.meetings.conftest import (
    BADEN_BADEN,
    COHORT,
    ENDS_AT,
    PROGRAMME_ID,
    STARTS_AT,
    Callers,
    told,
)

IDEA = {
    "kind": "network_meeting",
    "title": "Netzwerktreffen",
    "cohort_id": str(COHORT),
    "vague_date": "Frühjahr 2021",
}
TIME = {"starts_at": STARTS_AT.isoformat(), "ends_at": ENDS_AT.isoformat()}
INVITE = {
    "audience": [
        {"kind": "cohort", "id": str(COHORT)},
        {"kind": "steering_group", "id": str(PROGRAMME_ID)},
    ],
    "capacity": 30,
}


def state(callers: Callers, meeting: str) -> Any:
    return told(callers.organiser.get(meeting))["state"]


def test_an_idea_becomes_a_meeting_that_was_held_and_documented(callers: Callers) -> None:
    organiser, moderator = callers.organiser, callers.moderator
    meeting = f"/v1/meetings/{organiser.create('/v1/meetings', IDEA)}"
    states = [state(callers, meeting)]
    steps: list[tuple[str, Any]] = [
        ("schedule", TIME),
        ("open-invitations", INVITE),
        ("close-registration", None),
        ("start", {}),
        ("end", {}),
        ("publish-results", {"author_role": "Projektbegleiter:in"}),
    ]
    for action, body in steps:
        caller = moderator if action in ("start", "end", "publish-results") else organiser
        told(caller.do(meeting, action, body))
        states.append(state(callers, meeting))
    assert states == ["idea", "scheduled", "open", "closed", "running", "held", "documented"]


def test_nobody_is_invited_before_the_meeting_has_a_date(callers: Callers) -> None:
    meeting = f"/v1/meetings/{callers.organiser.create('/v1/meetings', IDEA)}"
    problem = told(callers.organiser.do(meeting, "open-invitations", INVITE), 409)
    assert problem["code"] == "meeting-is-idea"
    assert "open_invitations" not in told(callers.organiser.get(meeting))["actions"]


def test_a_digital_meeting_says_why_and_how_to_get_in(callers: Callers) -> None:
    meeting = callers.open()
    told(callers.organiser.do(meeting, "change-mode", {"mode": "digital", "reason": "Pandemie"}))
    place = {
        "host_ags": BADEN_BADEN,
        "online_platform": "Videokonferenz",
        "join_url": "https://treffen.example.org/raum?pwd=1",
        "access_hint": "Einwahl ab 13:45 Uhr\nTon prüfen",
    }
    told(callers.organiser.set(meeting, "place", place))
    seen = told(callers.organiser.get(meeting))
    assert (seen["state"], seen["mode"], seen["mode_reason"]) == ("open", "digital", "Pandemie")
    assert {name: seen[name] for name in place} == place
    assert seen["venue"] is None


def test_a_moved_meeting_keeps_its_people_and_its_agenda(callers: Callers) -> None:
    meeting = callers.open(capacity=1)
    agenda = {
        "items": [
            {
                "title": "Begrüßung",
                "kind": "welcome",
                "starts_at": TIME["starts_at"],
            }
        ]
    }
    told(callers.organiser.set(meeting, "agenda", agenda))
    guest = {"side": "guest", "name": "Gast", "email": "gast@example.org"}
    told(callers.organiser.post(f"{meeting}/registrations", guest), 201)
    later = {
        "starts_at": (STARTS_AT + timedelta(days=7)).isoformat(),
        "ends_at": (ENDS_AT + timedelta(days=7)).isoformat(),
        "reason": "Die Halle ist belegt",
    }
    told(callers.organiser.do(meeting, "reschedule", later))
    seen = told(callers.organiser.get(meeting))
    assert (seen["state"], seen["reschedule_reason"]) == ("scheduled", "Die Halle ist belegt")
    assert seen["agenda"][0]["starts_at"] == seen["starts_at"]
    assert (seen["agenda_revision"], seen["attendance"]["registered"]) == (2, 1)
    told(callers.organiser.do(meeting, "open-invitations", INVITE))
    assert state(callers, meeting) == "open"


def test_a_cancelled_meeting_stays_in_the_calendar_with_its_reason(callers: Callers) -> None:
    meeting = callers.open()
    told(callers.organiser.do(meeting, "cancel", {"reason": "Sturm"}))
    seen = told(callers.organiser.get(meeting))
    assert (seen["state"], seen["cancellation_reason"]) == ("cancelled", "Sturm")
    assert seen["actions"] == []
    told(callers.organiser.do(meeting, "start", {}), 409)


def test_a_change_of_an_older_version_is_refused(callers: Callers) -> None:
    meeting = callers.scheduled()
    known = {"If-Match": callers.organiser.get(meeting).headers["ETag"]}
    told(callers.organiser.post(f"{meeting}/cancel", {"reason": "Sturm"}), 428)
    body = {"mode": "hybrid", "reason": "Anreise"}
    told(callers.organiser.post(f"{meeting}/change-mode", body, **known))
    told(callers.organiser.post(f"{meeting}/cancel", {"reason": "Sturm"}, **known), 412)


def test_a_repeated_wish_gets_the_first_answer(callers: Callers) -> None:
    key = {"Idempotency-Key": '"spring-2021"'}
    first = callers.organiser.post("/v1/meetings", IDEA, **key)
    again = callers.organiser.post("/v1/meetings", IDEA, **key)
    assert (told(again, 201), again.headers["Location"]) == (
        told(first, 201),
        first.headers["Location"],
    )
    told(callers.organiser.post("/v1/meetings", IDEA | {"title": "Anderes"}, **key), 422)


def test_a_story_is_told_once_however_often_it_is_sent(callers: Callers) -> None:
    meeting = callers.scheduled()
    told(callers.moderator.do(meeting, "start", {}))
    key = {"Idempotency-Key": '"one-story"'}
    body = {"statements": [{"section": "benefit", "statement": "Ankommen"}]}
    for _ in range(2):
        told(callers.moderator.post(f"{meeting}/stories", body, **key), 201)
    assert len(callers.moderator.items(f"{meeting}/stories")) == 1
