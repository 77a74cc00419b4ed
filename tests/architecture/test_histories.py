"""Every thing with a stream of its own tells its history to those who may see the thing."""

from dataclasses import replace

import pytest

from eventkit.service import Service
from meetings.app import SERVICE as MEETINGS
from notifications.app import SERVICE as NOTIFICATIONS
from registry.app import SERVICE as REGISTRY

EVERY_SERVICE = pytest.mark.parametrize(
    "service", [REGISTRY, MEETINGS, NOTIFICATIONS], ids=lambda service: service.name
)


@EVERY_SERVICE
def test_every_aggregate_has_a_history(service: Service) -> None:
    told = {endpoint.rpartition(".")[2] for endpoint in service.policy}
    missing = {f"show_{aggregate.name}_history" for aggregate in service.aggregates} - told
    assert missing == set()


@EVERY_SERVICE
def test_a_history_has_the_policy_of_its_thing(service: Service) -> None:
    """But for personal links, which name one thing of today."""
    histories = [endpoint for endpoint in service.policy if endpoint.endswith("_history")]
    for endpoint in histories:
        history, thing = (service.policy[e] for e in (endpoint, endpoint.removesuffix("_history")))
        assert history == replace(thing, roles=thing.roles - {"participant"})
