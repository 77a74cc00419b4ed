"""The agenda over HTTP: what it takes, and where a refusal points to."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.meetings.conftest import ENDS_AT, STARTS_AT, Callers, told


def item(start: int | None = None, end: int | None = None, **more: Any) -> dict[str, Any]:
    """An item between minutes of the meeting."""
    body: dict[str, Any] = {"title": "Punkt", "kind": "work", **more}
    if start is not None:
        body["starts_at"] = (STARTS_AT + timedelta(minutes=start)).isoformat()
    if end is not None:
        body["ends_at"] = (STARTS_AT + timedelta(minutes=end)).isoformat()
    return body


def test_items_keep_their_order_and_what_is_said_about_them(callers: Callers) -> None:
    meeting = callers.scheduled()
    items = [item(0, 30, speaker_role="Moderation"), item(topics=["Tendenzen"]), item(60)]
    told(callers.moderator.set(meeting, "agenda", {"items": items}))
    agenda = told(callers.organiser.get(f"{meeting}/agenda"))
    assert agenda["revision"] == 1
    assert agenda["items"][0]["speaker_role"] == "Moderation"
    assert agenda["items"][1]["topics"] == ["Tendenzen"]
    assert [one["ends_at_derived"] for one in agenda["items"]] == [False, True, True]
    assert agenda["items"][2]["ends_at"] == agenda["ends_at"]


def test_the_same_agenda_again_is_no_new_revision(callers: Callers) -> None:
    meeting = callers.scheduled()
    body = {"items": [item(0, 30), item()]}
    first = told(callers.organiser.set(meeting, "agenda", body))
    again = told(callers.organiser.set(meeting, "agenda", body))
    assert again == first


@pytest.mark.parametrize(
    ("items", "code", "pointer"),
    [
        ([item(0, 30), item(29)], "overlapping-items", "#/items/1/starts_at"),
        ([item(30), item(0)], "items-out-of-order", "#/items/1/starts_at"),
        ([item(30, 20)], "bad-period", "#/items/0/ends_at"),
        ([item(-1)], "outside-the-meeting", "#/items/0/starts_at"),
        ([item(), item(0, 181)], "outside-the-meeting", "#/items/1/ends_at"),
        ([], "invalid", "#/items"),
        ([item(kind="feast")], "invalid", "#/items/0/kind"),
        ([item(title="")], "invalid", "#/items/0/title"),
        ([item(title="x" * 201)], "invalid", "#/items/0/title"),
        ([item(starts_at="2020-10-16T14:00:00")], "invalid", "#/items/0/starts_at"),
        ([item(starts_at=1602849600)], "invalid", "#/items/0/starts_at"),
        ([item(seq=1)], "invalid", "#/items/0/seq"),
    ],
)
def test_a_refusal_points_to_what_is_wrong(
    callers: Callers, items: list[Any], code: str, pointer: str
) -> None:
    meeting = callers.scheduled()
    problem = told(callers.organiser.set(meeting, "agenda", {"items": items}), 422)
    assert (problem["code"], problem["errors"][0]["pointer"]) == (code, pointer)
    assert told(callers.organiser.get(f"{meeting}/agenda"))["items"] == []


def test_items_of_an_idea_have_no_times_yet(callers: Callers) -> None:
    body = {"kind": "network_meeting", "title": "Netzwerktreffen"}
    meeting = f"/v1/meetings/{callers.organiser.create('/v1/meetings', body)}"
    told(callers.organiser.set(meeting, "agenda", {"items": [item()]}))
    problem = told(callers.organiser.set(meeting, "agenda", {"items": [item(0)]}), 409)
    assert problem["code"] == "meeting-without-time"


def test_an_agenda_that_no_longer_fits_keeps_the_meeting_where_it_is(callers: Callers) -> None:
    meeting = callers.scheduled()
    told(callers.organiser.set(meeting, "agenda", {"items": [item(150, 180)]}))
    shorter = {
        "starts_at": STARTS_AT.isoformat(),
        "ends_at": (ENDS_AT - timedelta(hours=1)).isoformat(),
        "reason": "Die Halle schließt früher",
    }
    problem = told(callers.organiser.do(meeting, "reschedule", shorter), 409)
    assert problem["code"] == "agenda-does-not-fit"
