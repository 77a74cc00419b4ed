"""Rotating the secret of an endpoint."""

from dataclasses import replace
from datetime import timedelta

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

DAY = timedelta(days=1)
ROTATE = RotateSecret(
    endpoint_id=ENDPOINT_ID, secret="whsec_bmV3", at=NOW, previous_until=NOW + DAY
)
ROTATED = EndpointSecretRotated(
    endpoint_id=ENDPOINT_ID, previous_until=NOW + DAY, secret="whsec_bmV3"
)


def test_a_new_secret_leaves_the_previous_one_valid_for_a_while() -> None:
    assert given(ENDPOINT, REGISTERED).when(ROTATE) == [ROTATED]


def test_there_is_no_third_secret_until_the_older_one_has_ended() -> None:
    early = replace(ROTATE, at=NOW + DAY - timedelta(microseconds=1))
    with pytest.raises(Conflict) as refused:
        given(ENDPOINT, REGISTERED, ROTATED).when(early)
    assert refused.value.code == "two-secrets"
    assert given(ENDPOINT, REGISTERED, ROTATED).when(replace(ROTATE, at=NOW + DAY)) == [ROTATED]


def test_a_disabled_endpoint_gets_no_new_secret() -> None:
    disabled = EndpointDisabled(endpoint_id=ENDPOINT_ID, reason="http_410")
    with pytest.raises(Conflict):
        given(ENDPOINT, REGISTERED, disabled).when(ROTATE)


def test_a_removed_endpoint_does_not_exist() -> None:
    with pytest.raises(NotFound):
        given(ENDPOINT, REGISTERED, EndpointRemoved(endpoint_id=ENDPOINT_ID)).when(ROTATE)
