"""Recording that an attempt failed in a way that may pass."""

from dataclasses import replace
from datetime import timedelta

from contracts.events.notifications import (
    DeliveryAbandoned,
    DeliveryAttempted,
    DeliveryEvent,
    DeliverySucceeded,
)
from eventkit.testing import given
from notifications.domain.delivery import DELIVERY, RecordFailure
from notifications.domain.retries import Schedule
from tests.unit.notifications.facts import ATTEMPTED, DELIVERY_ID, NOW, REQUESTED

FAILED = RecordFailure(
    delivery_id=DELIVERY_ID,
    attempt=1,
    code="http_500",
    failed_at=NOW,
    schedule=Schedule.WEBHOOK,
    jitter=0.0,
)


def waits(*past: DeliveryEvent, failed: RecordFailure) -> timedelta:
    (event,) = given(DELIVERY, REQUESTED, *past).when(failed)
    assert isinstance(event, DeliveryAttempted)
    return event.next_attempt_at - NOW


def test_the_first_failure_is_tried_again_after_five_seconds() -> None:
    assert waits(failed=FAILED) == timedelta(seconds=5)


def test_the_second_failure_waits_five_minutes() -> None:
    assert waits(ATTEMPTED, failed=replace(FAILED, attempt=2)) == timedelta(minutes=5)


def test_the_receiver_may_ask_for_more_time() -> None:
    assert waits(failed=replace(FAILED, asked=timedelta(hours=1))) == timedelta(hours=1)


def test_after_the_tenth_attempt_nobody_tries_again() -> None:
    nine = replace(ATTEMPTED, attempt=9)
    events = given(DELIVERY, REQUESTED, nine).when(replace(FAILED, attempt=10))
    assert events == [DeliveryAbandoned(delivery_id=DELIVERY_ID, attempt=10, code="http_500")]


def test_a_failure_that_is_known_is_not_recorded_again() -> None:
    assert given(DELIVERY, REQUESTED, ATTEMPTED).when(FAILED) == []


def test_a_late_failure_does_not_undo_the_arrival() -> None:
    arrived = DeliverySucceeded(delivery_id=DELIVERY_ID, attempt=1)
    assert given(DELIVERY, REQUESTED, arrived).when(replace(FAILED, attempt=2)) == []
