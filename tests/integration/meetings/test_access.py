"""Who is shown how to get into a meeting."""

from typing import Any

import pytest

from tests.integration.meetings.conftest import (
    BADEN_BADEN,
    PFORZHEIM,
    Caller,
    Callers,
    told,
)

LINK, HINT = "https://treffen.example.org/raum?pwd=1", "Einwahl ab 13:45 Uhr"
GUEST = {"side": "administration", "name": "Gast", "email": "gast@example.org"}
DISTRICT = BADEN_BADEN[:5]


@pytest.fixture
def meeting(callers: Callers) -> str:
    """The address of a meeting with a link, whose only place is left."""
    address = callers.open(capacity=1)
    place = {"venue": "Rathaus", "online_platform": "Konferenz", "join_url": LINK}
    told(callers.organiser.set(address, "place", place | {"access_hint": HINT}))
    return address


def way_in(caller: Caller, meeting: str) -> tuple[Any, Any]:
    shown = told(caller.get(meeting))
    assert shown["venue"] == "Rathaus"
    return shown["join_url"], shown["access_hint"]


@pytest.mark.parametrize("role", ["organiser", "steering_group", "moderator", "service"])
def test_who_runs_the_network_is_shown_the_way_in(
    callers: Callers, meeting: str, role: str
) -> None:
    assert way_in(callers.as_role(role), meeting) == (LINK, HINT)


@pytest.mark.parametrize(
    ("role", "tenant"),
    [
        ("municipality", BADEN_BADEN),
        ("district", DISTRICT),
        ("operator", None),
    ],
)
def test_who_has_no_place_is_not(
    callers: Callers, meeting: str, role: str, tenant: str | None
) -> None:
    assert way_in(callers.as_role(role, tenant), meeting) == (None, None)


def test_a_place_opens_the_way_for_its_municipality_and_district_only(
    callers: Callers, meeting: str
) -> None:
    own, district, other = (
        callers.as_role("municipality", BADEN_BADEN),
        callers.as_role("district", DISTRICT),
        callers.as_role("municipality", PFORZHEIM),
    )
    registration = own.post(f"{meeting}/registrations", GUEST).headers["Location"]
    told(other.post(f"{meeting}/registrations", GUEST | {"email": "b@example.org"}), 201)
    assert way_in(own, meeting) == way_in(district, meeting) == (LINK, HINT)
    assert way_in(other, meeting) == (None, None), "it waits"
    told(own.post(f"{registration}/withdraw"), 204)
    assert way_in(own, meeting) == way_in(district, meeting) == (None, None)
    assert way_in(other, meeting) == (LINK, HINT), "it moved up"


def test_a_place_at_one_meeting_is_none_at_another(callers: Callers, meeting: str) -> None:
    own, other = callers.as_role("municipality", BADEN_BADEN), callers.open()
    told(own.post(f"{other}/registrations", GUEST), 201)
    assert way_in(own, meeting) == (None, None)
