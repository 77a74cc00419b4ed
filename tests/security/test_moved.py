"""A municipality that changes its district: whom it belongs to is whom the register names (S2)."""

from __future__ import annotations

import pytest

from tests.security.matrix_world import DISTRICT, LEAVING, OTHER_DISTRICT, Arguments, World
from tests.security.site import Site, Who

OLD, NEW = Who("district", DISTRICT), Who("district", OTHER_DISTRICT)
OWN = Who("municipality", LEAVING)


@pytest.fixture(scope="module")
def world(site: Site) -> World:
    return World(site)


def path(thing: Arguments) -> str:
    return "/v1/meetings/{meeting_id}/registrations/{participant_id}".format(**thing)


def test_the_old_district_sees_nothing_more_once_the_move_is_applied(world: World) -> None:
    place, contact = world.of("registration", LEAVING), world.of("contact", LEAVING)
    shown = f"/v1/contacts/{contact['contact_id']}"

    def place_for(who: Who) -> int:
        return world.site.ask(who, "meetings", "GET", path(place)).status_code

    def email_for(who: Who) -> bool:
        return bool(world.site.ask(who, "registry", "GET", shown).json()["email"])

    assert [place_for(who) for who in (OLD, NEW, OWN)] == [200, 404, 200]
    assert [email_for(who) for who in (OLD, NEW, OWN)] == [True, False, True]

    world.move(LEAVING, OTHER_DISTRICT)
    assert [email_for(who) for who in (OLD, NEW, OWN)] == [False, True, True], "own facts at once"
    assert place_for(OLD) == 200, "the other service has not heard of it yet"

    world.site.settle()
    assert [place_for(who) for who in (OLD, NEW, OWN)] == [404, 200, 200]
    assert world.site.ask(OLD, "meetings", "POST", f"{path(place)}/withdraw").status_code == 404
    assert changed_by(world, OLD, shown) == 404
    assert changed_by(world, NEW, shown) == 200


def changed_by(world: World, who: Who, shown: str) -> int:
    body = {"role": "Leitung", "purpose": "Netzwerk"}
    headers = {"If-Match": world.version("registry", shown)}
    answer = world.site.ask(who, "registry", "PUT", shown, json=body, headers=headers)
    return answer.status_code
