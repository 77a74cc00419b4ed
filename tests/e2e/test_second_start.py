"""Ctrl-C ends everything, and the next start goes on where the last one ended."""

import psutil

from tests.e2e.api import Json
from tests.e2e.installation import SERVICES, Installation
from tests.e2e.network import new_network, plan_meeting


def heads(installation: Installation) -> dict[str, str]:
    """The end of each feed."""
    answers = {
        service: installation.api(service).send("GET", "/events", params={"limit": 1})
        for service in SERVICES[:2]
    }
    return {service: answer.headers["Feed-Head"] for service, answer in answers.items()}


def kept(installation: Installation) -> list[Json]:
    return installation.api("meetings").items("/v1/meetings")


def test_a_second_start_goes_on_with_the_same_data(installation: Installation) -> None:
    planned = plan_meeting(installation, new_network(installation, members=0))
    heads_before, meetings_before = heads(installation), kept(installation)
    parts = installation.parts()
    assert installation.end() == 0
    assert psutil.wait_procs(parts, timeout=1)[1] == []
    assert "Traceback" not in installation.said()

    installation.start()
    assert "Loading the example" not in installation.said()
    assert heads(installation) == heads_before
    assert kept(installation) == meetings_before
    assert planned in [meeting["meeting_id"] for meeting in meetings_before]
    plan_meeting(installation, new_network(installation, members=1))
