"""Recording that a delivery arrived."""

import pytest

from contracts.events.notifications import DeliveryAbandoned, DeliverySucceeded
from eventkit.domain import NotFound
from eventkit.testing import given
from notifications.domain.delivery import DELIVERY, RecordSuccess
from tests.unit.notifications.facts import ATTEMPTED, DELIVERY_ID, REQUESTED

FIRST = RecordSuccess(delivery_id=DELIVERY_ID, attempt=1)
SECOND = RecordSuccess(delivery_id=DELIVERY_ID, attempt=2)


def test_the_first_attempt_can_arrive() -> None:
    arrived = DeliverySucceeded(delivery_id=DELIVERY_ID, attempt=1)
    assert given(DELIVERY, REQUESTED).when(FIRST) == [arrived]


def test_a_later_attempt_can_arrive() -> None:
    arrived = DeliverySucceeded(delivery_id=DELIVERY_ID, attempt=2)
    assert given(DELIVERY, REQUESTED, ATTEMPTED).when(SECOND) == [arrived]


def test_an_attempt_that_is_known_is_not_recorded_again() -> None:
    assert given(DELIVERY, REQUESTED, ATTEMPTED).when(FIRST) == []


def test_nothing_arrives_after_the_end() -> None:
    abandoned = DeliveryAbandoned(delivery_id=DELIVERY_ID, attempt=1, code="smtp_550")
    assert given(DELIVERY, REQUESTED, abandoned).when(SECOND) == []


def test_what_was_never_requested_cannot_arrive() -> None:
    with pytest.raises(NotFound):
        given(DELIVERY).when(FIRST)
