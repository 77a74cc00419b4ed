"""Whatever ended a run, nothing of it is left, and the next start goes on with the same data."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.api import Json
from tests.e2e.conftest import FEED, KAFKA
from tests.e2e.installation import Installation
from tests.e2e.network import new_network, plan_meeting
from tests.ended import survivors


def known(installation: Installation) -> tuple[list[str], list[Json]]:
    """Where the feeds of both sources end, and all meetings."""
    apis = [installation.api("registry"), installation.api("meetings")]
    feeds = [api.send("GET", "/events", params={"limit": 1}) for api in apis]
    heads = [feed.headers["Feed-Head"] for feed in feeds]
    return heads, apis[1].items("/v1/meetings")


@contextmanager
def same_data(installation: Installation) -> Iterator[None]:
    """What is known before is known after, and the installation takes new facts."""
    plan_meeting(installation, new_network(installation, members=0))
    before = known(installation)
    secrets = (installation.folder / "secrets" / "credentials.json").read_bytes()
    yield
    assert "Loading the example" not in installation.said()
    assert known(installation) == before
    assert (installation.folder / "secrets" / "credentials.json").read_bytes() == secrets
    plan_meeting(installation, new_network(installation, members=1))


@pytest.mark.parametrize("installation", [KAFKA], indirect=True)
def test_ctrl_c_ends_everything_and_the_next_start_goes_on(installation: Installation) -> None:
    with same_data(installation):
        parts = installation.parts()
        assert installation.end(signal.SIGINT) == 0
        assert survivors(parts, seconds=1) == []
        assert not (installation.folder / "run.json").exists()
        assert "Traceback" not in installation.said()
        installation.start()


@pytest.mark.parametrize("installation", [FEED], indirect=True)
def test_a_killed_launcher_leaves_nothing_behind_and_the_next_start_goes_on(
    installation: Installation,
) -> None:
    with same_data(installation):
        parts = installation.parts()
        installation.end(signal.SIGKILL)
        installation.start()
        assert survivors(parts, seconds=30) == []
