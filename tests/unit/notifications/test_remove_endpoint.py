"""Removing an endpoint."""

import pytest

from contracts.events.notifications import EndpointRemoved
from eventkit.domain import NotFound
from eventkit.testing import given
from notifications.domain.endpoint import ENDPOINT, RemoveEndpoint
from tests.unit.notifications.facts import ENDPOINT_ID, REGISTERED

REMOVE = RemoveEndpoint(endpoint_id=ENDPOINT_ID)
REMOVED = EndpointRemoved(endpoint_id=ENDPOINT_ID)


def test_the_owner_removes_an_endpoint() -> None:
    assert given(ENDPOINT, REGISTERED).when(REMOVE) == [REMOVED]


def test_a_removed_endpoint_does_not_exist_any_more() -> None:
    with pytest.raises(NotFound):
        given(ENDPOINT, REGISTERED, REMOVED).when(REMOVE)
