"""Abandoning a delivery."""

from contracts.events.notifications import DeliveryAbandoned
from eventkit.testing import given
from notifications.domain.delivery import DELIVERY, AbandonDelivery
from tests.unit.notifications.facts import DELIVERY_ID, REQUESTED

ABANDON = AbandonDelivery(delivery_id=DELIVERY_ID, attempts=1, code="smtp_550")
ABANDONED = DeliveryAbandoned(delivery_id=DELIVERY_ID, attempt=1, code="smtp_550")


def test_a_delivery_that_makes_no_sense_is_abandoned() -> None:
    assert given(DELIVERY, REQUESTED).when(ABANDON) == [ABANDONED]


def test_a_delivery_is_abandoned_once() -> None:
    assert given(DELIVERY, REQUESTED, ABANDONED).when(ABANDON) == []
