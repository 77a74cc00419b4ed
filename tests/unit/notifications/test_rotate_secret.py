"""Rotating the secret of an endpoint."""

import pytest

from contracts.events.notifications import (
    EndpointDisabled,
    EndpointRemoved,
    EndpointSecretRotated,
)
from eventkit.domain import Conflict, NotFound
from eventkit.testing import given
from notifications.domain.endpoint import ENDPOINT, RotateSecret
from tests.unit.notifications.facts import ENDPOINT_ID, NOW, REGISTERED

ROTATE = RotateSecret(endpoint_id=ENDPOINT_ID, secret="whsec_bmV3", previous_until=NOW)


def test_a_new_secret_leaves_the_previous_one_valid_for_a_while() -> None:
    rotated = EndpointSecretRotated(
        endpoint_id=ENDPOINT_ID, previous_until=NOW, secret="whsec_bmV3"
    )
    assert given(ENDPOINT, REGISTERED).when(ROTATE) == [rotated]


def test_a_disabled_endpoint_gets_no_new_secret() -> None:
    disabled = EndpointDisabled(endpoint_id=ENDPOINT_ID, reason="http_410")
    with pytest.raises(Conflict):
        given(ENDPOINT, REGISTERED, disabled).when(ROTATE)


def test_a_removed_endpoint_does_not_exist() -> None:
    with pytest.raises(NotFound):
        given(ENDPOINT, REGISTERED, EndpointRemoved(endpoint_id=ENDPOINT_ID)).when(ROTATE)
