"""Disabling an endpoint that wants, or takes, nothing more."""

from contracts.events.notifications import EndpointDisabled, EndpointRemoved
from eventkit.testing import given
from notifications.domain.endpoint import ENDPOINT, DisableEndpoint
from tests.unit.notifications.facts import ENDPOINT_ID, REGISTERED

DISABLE = DisableEndpoint(endpoint_id=ENDPOINT_ID, reason="http_410")
DISABLED = EndpointDisabled(endpoint_id=ENDPOINT_ID, reason="http_410")


def test_an_endpoint_is_disabled_with_its_reason() -> None:
    assert given(ENDPOINT, REGISTERED).when(DISABLE) == [DISABLED]


def test_an_endpoint_is_disabled_once() -> None:
    assert given(ENDPOINT, REGISTERED, DISABLED).when(DISABLE) == []


def test_a_removed_endpoint_needs_no_disabling() -> None:
    removed = EndpointRemoved(endpoint_id=ENDPOINT_ID)
    assert given(ENDPOINT, REGISTERED, removed).when(DISABLE) == []
