"""The delivery log and the list of endpoints."""

from datetime import timedelta

from contracts.events.notifications import (
    DeliveryAbandoned,
    DeliverySucceeded,
    EndpointDisabled,
    EndpointRemoved,
    EndpointSecretRotated,
)
from eventkit.testing import folded
from notifications.projection.deliveries import DELIVERIES
from notifications.projection.endpoints import ENDPOINTS
from tests.unit.notifications.facts import (
    ATTEMPTED,
    DELIVERY_ID,
    ENDPOINT_ID,
    NOW,
    REGISTERED,
    REQUESTED,
)


def test_a_requested_delivery_is_due_at_once() -> None:
    row = folded(DELIVERIES, [REQUESTED])[DELIVERY_ID,]
    assert (row["state"], row["attempts"]) == ("queued", 0)
    assert row["due_at"] == row["requested_at"]


def test_a_failed_delivery_is_due_later() -> None:
    row = folded(DELIVERIES, [REQUESTED, ATTEMPTED])[DELIVERY_ID,]
    assert (row["state"], row["attempts"], row["code"]) == ("retrying", 1, "smtp_450")
    assert row["due_at"] == NOW


def test_a_delivery_that_is_over_is_due_no_more() -> None:
    arrived = DeliverySucceeded(delivery_id=DELIVERY_ID, attempt=2)
    abandoned = DeliveryAbandoned(delivery_id=DELIVERY_ID, attempt=1, code="smtp_550")
    good = folded(DELIVERIES, [REQUESTED, ATTEMPTED, arrived])[DELIVERY_ID,]
    bad = folded(DELIVERIES, [REQUESTED, abandoned])[DELIVERY_ID,]
    assert (good["state"], good["attempts"], good["code"]) == ("delivered", 2, None)
    assert (bad["state"], bad["attempts"], bad["code"]) == ("abandoned", 1, "smtp_550")
    assert good["due_at"] is bad["due_at"] is None


def test_a_registered_endpoint_is_active() -> None:
    row = folded(ENDPOINTS, [REGISTERED])[ENDPOINT_ID,]
    assert (row["state"], row["event_types"]) == ("active", ["meeting.*"])


def test_a_rotated_secret_keeps_the_previous_one_for_a_while() -> None:
    until = NOW + timedelta(hours=24)
    rotated = EndpointSecretRotated(
        endpoint_id=ENDPOINT_ID, previous_until=until, secret="sealed anew"
    )
    row = folded(ENDPOINTS, [REGISTERED, rotated])[ENDPOINT_ID,]
    assert row["secret"] == "sealed anew"
    assert (row["previous_secret"], row["previous_until"]) == (REGISTERED.secret, until)


def test_a_disabled_endpoint_says_why() -> None:
    disabled = EndpointDisabled(endpoint_id=ENDPOINT_ID, reason="http_410")
    row = folded(ENDPOINTS, [REGISTERED, disabled])[ENDPOINT_ID,]
    assert (row["state"], row["disabled_reason"]) == ("disabled", "http_410")


def test_a_removed_endpoint_goes() -> None:
    removed = EndpointRemoved(endpoint_id=ENDPOINT_ID)
    assert folded(ENDPOINTS, [REGISTERED, removed]) == {}
