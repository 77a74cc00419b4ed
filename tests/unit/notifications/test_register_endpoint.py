"""Registering a webhook endpoint."""

from dataclasses import replace

import pytest

from eventkit.domain import Conflict, Invalid
from eventkit.testing import given
from notifications.domain.endpoint import ENDPOINT, RegisterEndpoint
from tests.unit.notifications.facts import ENDPOINT_ID, REGISTERED

REGISTER = RegisterEndpoint(
    endpoint_id=ENDPOINT_ID,
    owner=REGISTERED.owner,
    owner_role=REGISTERED.owner_role,
    url=REGISTERED.url,
    event_types=REGISTERED.event_types,
    secret=REGISTERED.secret or "",
)


def test_an_endpoint_is_registered_for_its_owner() -> None:
    assert given(ENDPOINT).when(REGISTER) == [REGISTERED]


def test_an_endpoint_cannot_be_registered_twice() -> None:
    with pytest.raises(Conflict):
        given(ENDPOINT, REGISTERED).when(REGISTER)


@pytest.mark.parametrize("good", ["*", "meeting.*", "meeting.scheduled", "meeting.scheduled.v1"])
def test_an_event_type_is_a_name_or_a_pattern(good: str) -> None:
    assert given(ENDPOINT).when(replace(REGISTER, event_types=(good,)))


def test_an_event_type_of_the_feed_is_kept_without_its_prefix() -> None:
    command = replace(REGISTER, event_types=("netztreff.meeting.scheduled.v1", "netztreff.story.*"))
    kept = replace(REGISTERED, event_types=("meeting.scheduled.v1", "story.*"))
    assert given(ENDPOINT).when(command) == [kept]


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "meeting",
        "meeting.",
        ".*",
        "*.*",
        "meeting.*.v1",
        "Meeting.*",
        "meeting.scheduled\n",
        "meeting.schedule",
        "meetings.*",
        "meeting.scheduled.v99",
        "netztreff.netztreff.meeting.scheduled",
        "netztreff.",
        # Never told: an older version, what this service does itself, what is not published.
        "invitations.opened.v1",
        "delivery.requested",
        "endpoint.*",
    ],
)
def test_a_bad_event_type_is_refused_with_its_place(bad: str) -> None:
    with pytest.raises(Invalid) as refused:
        given(ENDPOINT).when(replace(REGISTER, event_types=("meeting.*", bad)))
    assert refused.value.pointer == "/event_types/1"
