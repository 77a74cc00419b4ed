"""Requesting a delivery."""

from contracts.events.notifications import DeliverySucceeded
from eventkit.testing import given
from notifications.domain.delivery import DELIVERY
from tests.unit.notifications.facts import ATTEMPTED, DELIVERY_ID, REQUEST, REQUESTED


def test_a_delivery_is_requested_with_ids_only() -> None:
    assert given(DELIVERY).when(REQUEST) == [REQUESTED]


def test_a_second_request_changes_nothing() -> None:
    assert given(DELIVERY, REQUESTED).when(REQUEST) == []


def test_a_request_after_the_arrival_changes_nothing() -> None:
    arrived = DeliverySucceeded(delivery_id=DELIVERY_ID, attempt=2)
    assert given(DELIVERY, REQUESTED, ATTEMPTED, arrived).when(REQUEST) == []
