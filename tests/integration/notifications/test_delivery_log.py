"""The delivery log over HTTP: by meeting, by recipient, page by page."""

from typing import Any
from uuid import uuid4

from tests.integration.notifications.world import World, cohort, told, town


def read(world: World, query: str) -> Any:
    return told(world.as_role("organiser").get(f"/v1/deliveries?{query}"))


def test_the_log_is_read_by_meeting_and_by_recipient(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    people = [world.contact(party) for _ in range(3)]
    meeting = world.open_meeting(group)
    by_meeting = read(world, f"meeting_id={meeting}")["items"]
    assert {item["recipient_id"] for item in by_meeting} == set(map(str, people))
    (by_person,) = read(world, f"recipient_id={people[0]}")["items"]
    assert by_person["meeting_id"] == str(meeting)
    assert by_person["cause_type"] == "invitations.opened.v2"
    assert (by_person["state"], by_person["attempts"]) == ("queued", 0)


def test_the_log_is_read_page_by_page(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    people = {str(world.contact(party)) for _ in range(5)}
    meeting = world.open_meeting(group)
    seen, cursor = [], ""
    while cursor is not None:
        page = read(world, f"meeting_id={meeting}&limit=2{cursor and f'&cursor={cursor}'}")
        assert len(page["items"]) <= 2
        seen += [item["recipient_id"] for item in page["items"]]
        cursor = page["next"]
    assert sorted(seen) == sorted(people)


def test_one_delivery_is_shown_with_its_course(world: World) -> None:
    participant = world.register(world.open_meeting(cohort()))
    (row,) = world.log(recipient_id=participant)
    world.send()
    shown = told(world.as_role("operator").get(f"/v1/deliveries/{row['delivery_id']}"))
    assert shown["state"] == "delivered"
    assert shown["finished_at"] is not None
    assert world.as_role("operator").get(f"/v1/deliveries/{uuid4()}").status_code == 404


def test_the_log_is_narrowed_by_notice_and_time_and_turned(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    people = [world.contact(party) for _ in range(2)]
    here = f"meeting_id={world.open_meeting(group)}"
    newest = [item["delivery_id"] for item in read(world, here)["items"]]
    assert len(newest) == len(people)
    oldest = [item["delivery_id"] for item in read(world, f"{here}&sort=requested_at")["items"]]
    assert oldest == newest[::-1]
    assert len(read(world, f"{here}&notice=invitation&since=2020-01-01T00:00:00Z")["items"]) == 2
    for nothing in ("notice=cancellation", "since=2198-01-01T00:00:00Z", "channel=webhook"):
        assert read(world, f"{here}&{nothing}")["items"] == []


def test_a_delivery_tells_its_course_and_is_shown_as_it_was(world: World) -> None:
    participant = world.register(world.open_meeting(cohort()))
    (row,) = world.log(recipient_id=participant)
    world.send()
    path = f"/v1/deliveries/{row['delivery_id']}"
    operator = world.as_role("operator")
    requested, succeeded = told(operator.get(f"{path}/history"))["items"]
    assert requested["type"] == "netztreff.delivery.requested.v1"
    assert succeeded["type"] == "netztreff.delivery.succeeded.v1"
    assert {requested["actor"]["kind"], succeeded["actor"]["kind"]} == {"service"}
    at = requested["recorded_at"].replace("+", "%2B")
    was = told(operator.get(f"{path}?known_at={at}"))
    assert (was["state"], was["finished_at"]) == ("queued", None)
    assert told(operator.get(path))["state"] == "delivered"


def test_a_filter_that_makes_no_sense_is_refused(world: World) -> None:
    caller = world.as_role("organiser")
    for query in ("meeting_id=x", "state=lost", "unknown=1", "limit=0"):
        assert caller.get(f"/v1/deliveries?{query}").status_code == 422
