"""The operators' port tells how a service does, also while a process behind it is dead."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.api import Json
from tests.e2e.conftest import FEED, KAFKA
from tests.e2e.installation import SERVICES, Installation, until
from tests.e2e.network import new_network, plan_meeting

# An idle consumer knows this often that it has everything.
FRESH_SECONDS = 5.0
NEWS: dict[str, tuple[str, Json]] = {
    "registry": ("/v1/programmes", {"title": "Programm (erfunden)"}),
    "meetings": ("/v1/meetings", {"kind": "network_meeting", "title": "Treffen (erfunden)"}),
}


def number(installation: Installation, service: str, name: str, **labels: str) -> float:
    """The sum of all samples of a metric that have these labels; NaN where there is none."""
    families = text_string_to_metric_families(installation.metrics(service))
    found = [
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and sample.labels | labels == sample.labels
    ]
    return sum(found) if found else float("nan")


@contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    """The process does nothing, as if it hung."""
    process.suspend()
    try:
        yield
    finally:
        process.resume()


def test_requests_are_counted_by_route_and_not_by_address(installation: Installation) -> None:
    api = installation.api("meetings")
    route = {"route": "/v1/meetings/<uuid:meeting_id>", "method": "GET", "status": "200"}
    before = number(installation, "meetings", "http_requests_total", **route)
    for meeting in api.items("/v1/meetings")[:2]:
        api.get(f"/v1/meetings/{meeting['meeting_id']}")
    assert number(installation, "meetings", "http_requests_total", **route) == before + 2


def test_appended_events_are_counted_by_type(installation: Installation) -> None:
    planned = {"type": "meeting.planned.v1"}
    before = number(installation, "meetings", "events_appended_total", **planned)
    plan_meeting(installation, new_network(installation, members=0))
    assert number(installation, "meetings", "events_appended_total", **planned) == before + 1


@pytest.mark.parametrize(
    ("service", "source"),
    [("meetings", "registry"), ("notifications", "registry"), ("notifications", "meetings")],
)
def test_consumer_lag_grows_while_the_consumer_hangs_and_falls_afterwards(
    installation: Installation, service: str, source: str
) -> None:
    def lag() -> float:
        return number(installation, service, "consumer_lag_seconds", source=source)

    until(lambda: lag() < FRESH_SECONDS)
    with stopped(installation.roles(service)["consumer"]):
        installation.api(source).create(*NEWS[source])
        until(lambda: lag() > FRESH_SECONDS)
    until(lambda: lag() < FRESH_SECONDS)


@pytest.mark.parametrize("installation", [KAFKA], indirect=True)
@pytest.mark.parametrize("service", SERVICES)
def test_relay_lag_is_shown_with_kafka(installation: Installation, service: str) -> None:
    assert number(installation, service, "relay_lag_seconds") >= 0


@pytest.mark.parametrize("installation", [FEED], indirect=True)
def test_without_kafka_there_is_no_relay(installation: Installation) -> None:
    names = [line.partition("{")[0] for line in installation.metrics("meetings").splitlines()]
    assert not [name for name in names if name.startswith("relay")]
    assert "relay" not in installation.roles("meetings")


@pytest.mark.parametrize("installation", [KAFKA], indirect=True)
def test_relay_lag_grows_while_the_relay_hangs_and_falls_afterwards(
    installation: Installation,
) -> None:
    def lag(unit: str) -> float:
        return number(installation, "registry", f"relay_lag_{unit}")

    until(lambda: lag("events") == 0)
    with stopped(installation.roles("registry")["relay"]):
        installation.api("registry").create(*NEWS["registry"])
        assert lag("events") == 1
        until(lambda: lag("seconds") > 1)
    until(lambda: lag("events") == 0)


def test_a_killed_consumer_lags_until_its_successor_has_caught_up(
    installation: Installation,
) -> None:
    def lag() -> float:
        return number(installation, "meetings", "consumer_lag_seconds", source="registry")

    until(lambda: lag() < FRESH_SECONDS)
    killed = installation.roles("meetings")["consumer"]
    starts = number(installation, "meetings", "child_starts_total", child="consumer")
    killed.send_signal(signal.SIGKILL)
    network = new_network(installation, members=0)
    # The successor waits until the lease of the killed one is over.
    until(lambda: lag() > FRESH_SECONDS)
    until(lambda: lag() < FRESH_SECONDS)
    plan_meeting(installation, network)
    assert installation.roles("meetings")["consumer"].pid != killed.pid
    told = number(installation, "meetings", "child_starts_total", child="consumer")
    assert told == starts + 1
