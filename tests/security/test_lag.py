"""How long foreign facts take: the bound that docs/security.md gives for them (S2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.processes import wait_until
from tests.security.counts import TOLD
from tests.security.matrix_world import DISTRICT, LEAVING, OPERATOR, OTHER_DISTRICT, World
from tests.security.site import Site, Who

OLD, NEW = Who("district", OTHER_DISTRICT), Who("district", DISTRICT)
# Until a consumer has started, and the lease of the one that the test itself was is over.
START_SECONDS = 60


@pytest.fixture
def world(site: Site, tmp_path: Path) -> Iterator[World]:
    """An installation whose meetings service follows the registry's feed, as a process does."""
    world = World(site)
    wanted = {"name": "meetings", "role": "service"}
    client = site.ask(OPERATOR, "registry", "POST", "/v1/clients", json=wanted).json()
    known = {"CLIENT_ID": client["client_id"], "CLIENT_SECRET": client["client_secret"]}
    with site.running("meetings", "consumer", tmp_path / "consumer.log", **known):
        yield world


def test_a_district_loses_and_gains_a_municipality_within_the_promised_time(world: World) -> None:
    place = world.of("registration", LEAVING)
    path = "/v1/meetings/{meeting_id}/registrations/{participant_id}".format(**place)

    def seen_by(who: Who) -> bool:
        return world.site.ask(who, "meetings", "GET", path).status_code == 200

    world.move(LEAVING, OTHER_DISTRICT)
    wait_until(lambda: seen_by(OLD), what="the consumer's first move", seconds=START_SECONDS)
    world.move(LEAVING, DISTRICT)
    wait_until(
        lambda: seen_by(NEW) and not seen_by(OLD), what="the move back", seconds=promised_seconds()
    )


def promised_seconds() -> int:
    found = re.search(r"within (\d+)\s+seconds\s+of\s+its\s+event", TOLD.read_text("utf-8"))
    assert found is not None
    return int(found[1])
