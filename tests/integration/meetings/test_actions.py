"""The actions of a meeting are those that the caller may do."""

import pytest

from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from meetings.api.actions import ENDPOINTS
from meetings.app import POLICY
from meetings.domain.phases import Action
from tests.integration.meetings.conftest import Caller, Callers, told

PREPARES = {"place", "publish_agenda", "close_registration", "announce_attendance"}
PLANS = {"reschedule", "change_mode", "cancel"}
EXPECTED = {
    "organiser": PLANS | PREPARES | {"register", "withdraw", "check_in", "start"},
    "steering_group": PLANS | PREPARES | {"register"},
    "moderator": PREPARES | {"register", "withdraw", "check_in", "start"},
    "municipality": {"register", "withdraw"},
    "district": {"register", "withdraw"},
    "operator": set(),
    "service": set(),
}
TENANTS = {"municipality": "08211000", "district": "08211"}


@pytest.mark.parametrize("role", sorted(EXPECTED))
def test_an_open_meeting_offers_a_role_what_it_may_do(callers: Callers, role: str) -> None:
    shown = told(callers.as_role(role, TENANTS.get(role)).get(callers.open()))
    assert set(shown["actions"]) == EXPECTED[role]


def test_a_token_that_only_reads_is_offered_nothing(callers: Callers) -> None:
    reader = Principal(subject="reader", role="organiser", scopes=frozenset({"read"}))
    token = Signer.from_settings(callers.kit.settings).sign(reader)
    caller = Caller(callers.app, {"Authorization": f"Bearer {token}"})
    assert told(caller.get(callers.open()))["actions"] == []


def test_every_action_has_a_route() -> None:
    assert set(ENDPOINTS) == set(Action)
    assert set(ENDPOINTS.values()) <= set(POLICY)
