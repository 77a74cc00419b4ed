"""Webhooks as they leave: to whom, signed how, and what the receiver's answers lead to."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic, time
from typing import Any
from uuid import UUID

import orjson
import pytest
from standardwebhooks.webhooks import Webhook

from contracts.events.meetings import (
    MeetingCancelled,
)
from contracts.events.results import (
    StorySection,
    StoryTold,
)
from eventkit.database import session
from local.ports import LOOPBACK
from local.processes import wait_until
from notifications.delivery.webhooks import WebhookWorker, rules_of
from notifications.projection.endpoints import endpoints
from notifications.settings import settings_of
from notifications.webhook.http import Caller
from notifications.webhook.resolver import Resolver
from tests.integration.notifications.receivers import Receiver, hang, open_socket
from tests.integration.notifications.world import World, cohort, told

HOUR = timedelta(hours=1)


def register(
    world: World, url: str, *types: str, role: str = "organiser", tenant: str | None = None
) -> tuple[UUID, str]:
    """An endpoint and its secret."""
    body = {"url": url, "event_types": list(types or ("meeting.cancelled",))}
    answer = told(world.as_role(role, tenant).post("/v1/endpoints", body), 201)
    return UUID(answer["id"]), answer["secret"]


def cancel(world: World) -> UUID:
    """A meeting that is called off, which endpoints hear of."""
    meeting = world.open_meeting(cohort())
    cancelled = MeetingCancelled(meeting_id=meeting, reason="Krankheit")
    world.meetings.tell(f"meeting-{meeting}", cancelled)
    return meeting


def work(world: World, until: Callable[[], bool]) -> None:
    """Let the worker go on until the condition holds."""
    deadline = monotonic() + 20
    while not until():
        assert monotonic() < deadline, "what was waited for did not come"
        world.webhooks.step(world.kit)


def last(world: World, endpoint_id: UUID) -> Any:
    return world.log(recipient_id=endpoint_id)[-1]


def attempted(world: World, endpoint_id: UUID, attempts: int = 1) -> Any:
    """The log's row once so many attempts were made."""
    work(world, lambda: last(world, endpoint_id)["attempts"] >= attempts)
    return last(world, endpoint_id)


def state(world: World, endpoint_id: UUID) -> tuple[str, str | None]:
    query = endpoints.select().where(endpoints.c.endpoint_id == endpoint_id)
    with session(world.kit.engine) as connection:
        row = connection.execute(query).mappings().one()
    return row["state"], row["disabled_reason"]


def test_a_call_verifies_with_the_standards_library(world: World, receiver: Receiver) -> None:
    endpoint, secret = register(world, receiver.url)
    meeting = cancel(world)
    row = attempted(world, endpoint)
    (call,) = receiver.calls
    said = Webhook(secret).verify(call.body, call.headers)
    assert said["type"] == "meeting.cancelled.v1"
    assert said["data"] == {"meeting_id": str(meeting)}
    assert call.headers["webhook-id"] == str(row["delivery_id"])
    assert (row["state"], row["code"]) == ("delivered", None)


def test_only_what_was_asked_for_is_told(world: World, receiver: Receiver) -> None:
    endpoint, _ = register(world, receiver.url, "meeting.scheduled", "agenda.*")
    cancel(world)
    attempted(world, endpoint)
    types = [orjson.loads(call.body)["type"] for call in receiver.calls]
    assert types == ["meeting.scheduled.v1"]


def test_a_municipality_is_not_told_of_others_participants(
    world: World, receiver: Receiver
) -> None:
    town, _ = register(world, receiver.url, "*", role="municipality", tenant="08416041")
    whole, _ = register(world, receiver.url, "participant.*")
    meeting = world.open_meeting(cohort())
    world.register(meeting)
    assert [row["cause_type"] for row in world.log(recipient_id=whole)] == [
        "participant.registered.v1"
    ]
    heard = {row["cause_type"] for row in world.log(recipient_id=town)}
    assert "meeting.planned.v1" in heard
    assert "participant.registered.v1" not in heard


def test_a_long_story_is_told_by_its_ids(world: World, receiver: Receiver) -> None:
    endpoint, _ = register(world, receiver.url, "story.told")
    meeting = world.open_meeting(cohort())
    story = StoryTold(
        meeting_id=meeting,
        story_id=meeting,
        section=StorySection.MOTIVATION,
        statement="ä" * 20_000,
    )
    world.meetings.tell(f"meeting-{meeting}", story)
    attempted(world, endpoint)
    assert len(receiver.calls[0].body) < 20_000
    assert set(orjson.loads(receiver.calls[0].body)["data"]) == {"meeting_id", "story_id"}


@pytest.mark.parametrize("status", [301, 302, 307, 308, 400, 401, 404, 500, 502, 504])
def test_whatever_is_not_2xx_is_tried_again_under_the_same_id(
    world: World, receiver: Receiver, status: int
) -> None:
    receiver.answers = [(status, {"Location": "http://127.0.0.1:1/"}), (200, {})]
    endpoint, secret = register(world, receiver.url)
    begun = datetime.now(UTC)
    cancel(world)
    row = attempted(world, endpoint)
    assert (row["state"], row["code"]) == ("retrying", f"http_{status}")
    seconds = timedelta(seconds=5)
    assert begun + seconds < row["due_at"] <= datetime.now(UTC) + seconds * 1.1
    world.let_time_pass(endpoint)
    assert attempted(world, endpoint, 2)["state"] == "delivered"
    first, second = receiver.calls
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert Webhook(secret).verify(second.body, second.headers)


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_may_ask_to_be_left_alone(world: World, receiver: Receiver, status: int) -> None:
    receiver.answers = [(status, {"Retry-After": "3600"})]
    endpoint, _ = register(world, receiver.url)
    begun = datetime.now(UTC)
    cancel(world)
    due_at = attempted(world, endpoint)["due_at"]
    assert begun + HOUR < due_at <= datetime.now(UTC) + HOUR


def test_a_receiver_that_is_gone_is_told_nothing_more(world: World, receiver: Receiver) -> None:
    receiver.answers = [(410, {})]
    endpoint, _ = register(world, receiver.url)
    cancel(world)
    row = attempted(world, endpoint)
    assert (row["state"], row["code"]) == ("abandoned", "http_410")
    assert state(world, endpoint) == ("disabled", "http_410")
    cancel(world)
    assert len(world.log(recipient_id=endpoint)) == 1


def test_after_ten_attempts_the_delivery_is_abandoned_and_the_endpoint_disabled(
    world: World, receiver: Receiver
) -> None:
    receiver.answers = [(500, {})]
    endpoint, secret = register(world, receiver.url)
    cancel(world)
    for attempt in range(1, 11):
        world.let_time_pass(endpoint)
        attempted(world, endpoint, attempt)
        if attempt in (1, 9):
            wait_until(later_than(int(time())), what="the next second", seconds=5)
    assert last(world, endpoint)["state"] == "abandoned"
    assert state(world, endpoint) == ("disabled", "http_500")
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 1
    assert len(receiver.calls) == 10
    assert all(Webhook(secret).verify(call.body, call.headers) for call in receiver.calls)
    first, second, *_, last_but_one, last_one = receiver.calls
    for name in ("webhook-timestamp", "webhook-signature"):
        assert first.headers[name] != second.headers[name]
        assert last_but_one.headers[name] != last_one.headers[name]


def later_than(second: int) -> Callable[[], bool]:
    return lambda: int(time()) > second


def test_what_waits_for_a_disabled_endpoint_is_abandoned(world: World, receiver: Receiver) -> None:
    receiver.answers = [(410, {})]
    endpoint, _ = register(world, receiver.url)
    cancel(world)
    cancel(world)
    work(world, lambda: all(r["finished_at"] for r in world.log(recipient_id=endpoint)))
    codes = {row["code"] for row in world.log(recipient_id=endpoint)}
    assert codes == {"http_410", "endpoint_disabled"}
    assert len(receiver.calls) == 1


def test_after_a_rotation_both_secrets_verify(world: World, receiver: Receiver) -> None:
    endpoint, old = register(world, receiver.url)
    rotation = world.as_role("organiser").post(f"/v1/endpoints/{endpoint}/secrets")
    new = told(rotation, 201)["secret"]
    cancel(world)
    attempted(world, endpoint)
    for secret in (old, new):
        assert Webhook(secret).verify(receiver.calls[0].body, receiver.calls[0].headers)


def test_an_address_that_was_changed_in_the_database_is_refused_at_the_call(
    world: World, receiver: Receiver
) -> None:
    count: list[int] = []
    endpoint, _ = register(world, receiver.url)
    with open_socket(hang, count) as port:
        evil = f"http://127.0.0.2:{port}/"
        here = endpoints.c.endpoint_id == endpoint
        with session(world.kit.engine) as connection:
            connection.execute(endpoints.update().where(here).values(url=evil))
        cancel(world)
        assert attempted(world, endpoint)["code"] == "endpoint_not_allowed"
    assert count == []


@pytest.fixture
def patient(world: World) -> Iterator[World]:
    """The same with a worker that waits for an answer longer than any test takes."""
    rules = rules_of(settings_of(world.kit))
    caller = Caller(rules=rules, resolve=Resolver(), deadline=60)
    patient = replace(world, webhooks=WebhookWorker(caller))
    yield patient
    patient.webhooks.close()


def test_a_receiver_that_hangs_holds_up_nobody_else(patient: World, receiver: Receiver) -> None:
    count: list[int] = []
    with open_socket(hang, count) as port:
        slow, _ = register(patient, f"http://{LOOPBACK}:{port}/")
        quick, _ = register(patient, receiver.url)
        for _ in range(3):
            cancel(patient)
        contact = patient.register(patient.open_meeting(cohort()))
        work(patient, lambda: bool(count) and all_delivered(patient, quick))
        patient.send()
        assert len(patient.mails_to(contact)) == 1
        assert len(receiver.calls) == 3
        assert len(count) == 1
        assert not any(row["attempts"] for row in patient.log(recipient_id=slow))
    work(patient, lambda: all(row["attempts"] for row in patient.log(recipient_id=slow)))


def all_delivered(world: World, endpoint_id: UUID) -> bool:
    return all(row["state"] == "delivered" for row in world.log(recipient_id=endpoint_id))


def test_the_owner_reads_the_log_of_the_own_endpoint(world: World, receiver: Receiver) -> None:
    endpoint, _ = register(world, receiver.url, role="steering_group")
    cancel(world)
    attempted(world, endpoint)
    answer = world.as_role("steering_group").get(f"/v1/endpoints/{endpoint}/deliveries")
    (item,) = told(answer)["items"]
    assert (item["state"], item["cause_type"]) == ("delivered", "meeting.cancelled.v1")
