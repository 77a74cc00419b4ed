"""A history tells each reader what the views would, and nobody what was personal (S32)."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.security.past import (
    ESSLINGEN,
    MODERATOR,
    ORGANISER,
    PFORZHEIM,
    RECORD,
    SECRET_URL,
    STARTS_AT,
    TIMES,
    change,
    code,
    history,
    meetings,
    shown,
)
from tests.security.site import Site, Who, create


@pytest.fixture(scope="module")
def visited(site: Site) -> str:
    """A meeting with two registrations of one district, one of them taken back."""
    programme = create(site, ORGANISER, "registry", "/v1/programmes", {"title": "Programm"})
    site.settle()
    body = {"kind": "workshop", "title": "Werkstatt", "mode": "in_person"}
    times = {"starts_at": STARTS_AT, "ends_at": STARTS_AT + timedelta(hours=1)}
    body |= {name: time.isoformat() for name, time in times.items()}
    meeting = f"/v1/meetings/{create(site, ORGANISER, 'meetings', '/v1/meetings', body)}"
    groups = [{"kind": "steering_group", "id": programme}]
    change(site, meeting, "PUT", "place", {"join_url": SECRET_URL, "access_hint": "Kennwort"})
    change(site, meeting, "POST", "open-invitations", {"audience": groups})
    people = f"{meeting}/registrations"
    guest = {"side": "guest", "name": "Gast", "email": "gast@example.org"}
    who = create(site, ESSLINGEN, "meetings", people, guest)
    answer = meetings(site, ESSLINGEN, "POST", f"{people}/{who}/withdraw")
    assert answer.status_code == 204
    return meeting


def test_who_may_not_see_a_thing_today_sees_nothing_of_its_past(site: Site, visited: str) -> None:
    entries = history(site, visited)
    who = next(e["data"]["participant_id"] for e in entries if "participant_id" in e["data"])
    foreign, absent = (f"{visited}/registrations/{one}" for one in (who, uuid4()))
    for name in ("", *TIMES):
        at = {name: "2198-01-01T00:00:00Z"} if name else {}
        assert shown(site, foreign, ESSLINGEN, **at).status_code == 200
        answers = [shown(site, path, PFORZHEIM, **at).json() for path in (foreign, absent)]
        assert answers[0] | {"instance": ""} == answers[1] | {"instance": ""}
        assert answers[0]["code"] == "not-found"


def test_todays_rights_decide_what_of_the_past_is_told(site: Site, visited: str) -> None:
    """Esslingen had a place, and the way in with it; it has none any more."""
    entries = history(site, visited)
    registered, withdrawn = entries[-2:]
    assert registered["type"] == "netztreff.participant.registered.v1"
    had_a_place = registered["occurred_at"]
    assert shown(site, visited, ESSLINGEN, as_of=had_a_place).json()["join_url"] is None
    assert shown(site, visited, as_of=had_a_place).json()["join_url"] == SECRET_URL
    for who in (ESSLINGEN, PFORZHEIM):
        answer = meetings(site, who, "GET", f"{visited}/history")
        assert SECRET_URL not in answer.text
        assert "Kennwort" not in answer.text
        placed = next(e for e in answer.json()["items"] if e["type"].endswith("placed.v1"))
        assert placed["withheld"] == ["access_hint", "join_url"]
    own = history(site, visited, ESSLINGEN)[-2:]
    assert [entry["data"]["participant_id"] for entry in own] == [
        registered["data"]["participant_id"],
        withdrawn["data"]["participant_id"],
    ]
    for who in (PFORZHEIM, Who("operator"), Who("municipality", "08116019")):
        foreign = history(site, visited, who)[-2:]
        assert [set(entry["data"]) for entry in foreign] == [{"meeting_id"}] * 2
        assert "participant_id" in foreign[0]["withheld"]


def test_nobody_is_told_names_addresses_or_withdrawn_words_by_a_history(
    site: Site, visited: str
) -> None:
    recorded = "/v1/meetings/" + create(site, ORGANISER, "meetings", "/v1/meetings/records", RECORD)
    told = {"statements": [{"section": "motivation", "statement": "Zu persönlich"}]}
    assert meetings(site, MODERATOR, "POST", f"{recorded}/stories", json=told).is_success
    (story,) = shown(site, f"{recorded}/stories").json()["items"]
    path = f"{recorded}/stories/{story['story_id']}/withdraw"
    assert meetings(site, MODERATOR, "POST", path, json={"reason": "Auf Wunsch"}).is_success
    for who in (ORGANISER, MODERATOR, PFORZHEIM):
        texts = [meetings(site, who, "GET", f"{m}/history").text for m in (visited, recorded)]
        for word in ("Zu persönlich", "gast@example.org", '"Gast"', "sealed1"):
            assert all(word not in text for text in texts)
        assert ("Auf Wunsch" in texts[1]) is (who != PFORZHEIM)
    actors = [history(site, visited, who)[0]["actor"] for who in (ORGANISER, PFORZHEIM)]
    assert actors == [
        {"kind": "client", "id": ORGANISER.subject},
        {"kind": "client", "id": None},
    ]


def test_an_endpoint_tells_its_owner_alone_and_after_its_end_nobody(site: Site) -> None:
    body = {"url": "http://127.0.0.1:9/hook", "event_types": ["*"]}
    made = site.ask(ORGANISER, "notifications", "POST", "/v1/endpoints", json=body)
    assert made.status_code == 201, made.text
    path = made.headers["Location"]
    answer = site.ask(ORGANISER, "notifications", "GET", f"{path}/history")
    assert answer.json()["items"][0]["withheld"] == ["secret"]
    assert made.json()["secret"] not in answer.text
    query = {"known_at": answer.json()["items"][0]["recorded_at"]}
    for part, params in (("", {}), ("", query), ("/history", {})):
        foreign = site.ask(
            Who("steering_group"), "notifications", "GET", f"{path}{part}", params=params
        )
        assert code(foreign) == (404, "not-found")
    tag = {"If-Match": made.headers["ETag"]}
    removed = site.ask(ORGANISER, "notifications", "DELETE", path, headers=tag)
    assert removed.is_success
    for part, params in (("", query), ("/history", {})):
        gone = site.ask(ORGANISER, "notifications", "GET", f"{path}{part}", params=params)
        assert code(gone) == (404, "not-found")
