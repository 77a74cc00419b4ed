"""A rolling update: the version that goes runs beside the one that comes, and meets its events."""

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

import contracts
import eventkit
from contracts.envelope import Message
from eventkit.database import driver, session
from local.databases import Databases
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import Network, once, over_kafka
from tests.integration.eventkit.serving import Serving, environment, serving
from tests.integration.eventkit.test_killed_in_mid_flow import CHECKOUT, Child, wait_for

NEW = "meeting.cancelled.v1"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where to import the version before from: as ours, but it has no `meeting.cancelled`."""
    folder = tmp_path_factory.mktemp("before")
    for library in (contracts, eventkit):
        shutil.copytree(library.__path__[0], folder / library.__name__)
    declared = folder / "contracts" / "events" / "meetings.py"
    text = declared.read_text("utf-8")
    assert text.count('"meeting.cancelled"') == 1
    declared.write_text(text.replace('"meeting.cancelled"', '"meeting.undreamt"'), "utf-8")
    return f"{folder}:{CHECKOUT}:{CHECKOUT / 'deploy'}"


@dataclass(frozen=True)
class Flow:
    """Relays and consumers of both versions, between two services."""

    network: Network
    kafka: str
    before: str
    folder: Path

    def start(self, role: str, version: str) -> Child:
        kit = self.network.speaker if role == "relay" else self.network.listener
        log = self.folder / f"{version}-{role}.log"
        more = {"PYTHONPATH": self.before} if version == "old" else {}
        child = Child(role, self.network.url, kit, self.kafka, log, more)
        child.start()
        self.network.ended.callback(child.stop)
        return child

    def published(self) -> int:
        with session(self.network.speaker.engine) as connection:
            row = driver(connection).execute("SELECT position FROM relays").fetchone()
        return row[0] if row else 0

    def wait_until_heard(self, messages: Iterable[Message]) -> None:
        wanted = once(messages)
        wait_for(lambda: self.network.heard() == wanted, self.network)


@pytest.fixture
def flow(make_kit: MakeKit, kafka: str, before: str, tmp_path: Path) -> Iterator[Flow]:
    with over_kafka(make_kit, kafka) as network:
        network.relays_itself = False
        yield Flow(network, kafka, before, tmp_path)


def test_a_relay_of_the_version_before_stops_at_what_it_does_not_know(flow: Flow) -> None:
    """Whether such an event is published, and what of it is personal, only the new one knows."""
    network = flow.network
    old = flow.start("relay", "old")
    flow.start("consumer", "new")
    network.say(streams=3, events=2)
    network.say(streams=2)
    first = next(one for one in network.said() if one.type == NEW)
    wait_for(lambda: "unknown_event" in old.log.read_text(), network)
    assert flow.published() == first.position - 1
    flow.start("relay", "new")
    flow.wait_until_heard(network.said())


def test_a_consumer_of_the_version_before_notes_what_it_passes_over(flow: Flow) -> None:
    network = flow.network
    old = flow.start("consumer", "old")
    flow.start("relay", "new")
    network.say(streams=3, events=2)
    network.say(streams=2)
    passed = [one for one in network.said() if one.type == NEW]
    handled = "SELECT stream, version FROM inbox"
    wait_for(lambda: set(network.rows(handled)) == set(once(network.said())), network)
    noted = network.rows("SELECT stream, version FROM inbox WHERE skipped = %s", NEW)
    assert set(noted) == set(once(passed))
    flow.wait_until_heard(one for one in network.said() if one not in passed)
    flow.start("consumer", "new")
    old.stop()
    network.say(streams=3, events=2)
    flow.wait_until_heard(one for one in network.said() if one not in passed)
    assert network.parked() == []


def test_apis_of_two_versions_answer_side_by_side(
    things: Databases, before: str, tmp_path: Path
) -> None:
    with (
        serving(environment(things), tmp_path / "new.log") as new,
        serving(environment(things, PYTHONPATH=before), tmp_path / "old.log") as old,
    ):
        mine, theirs = plan(new, "neu"), plan(old, "alt")
        with new.client() as client:
            cancelled = client.post(
                f"{mine}/cancellation",
                json={"reason": "Test"},
                headers={"Idempotency-Key": "x", "If-Match": client.get(mine).headers["ETag"]},
            )
            assert cancelled.status_code == 200
        with old.client() as client:
            assert client.get(mine).json()["state"] == "cancelled"
            assert client.get(theirs).status_code == 200
            # It can't decide about a thing of whose past it does not know a part.
            refused = client.post(
                f"{mine}/parts", json={"reason": "Test"}, headers={"Idempotency-Key": "y"}
            )
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
            page = client.get("/events")
            assert [one["type"] for one in page.json()] == ["netztreff.meeting.planned.v1"] * 2
            following = page.links["next"]["url"]
            assert client.get(following).json() == []
            later = plan(old, "alt")
        with new.client() as client:
            rest = client.get(following).json()
            assert [one["type"].removeprefix("netztreff.") for one in rest] == [
                NEW,
                "meeting.planned.v1",
            ]
            assert rest[1]["subject"].endswith(later.rpartition("/")[2])


def plan(server: Serving, title: str) -> str:
    """Plans a thing and gives its path."""
    with server.client() as client:
        headers = {"Idempotency-Key": str(uuid4())}
        answer = client.post("/v1/things", json={"title": title}, headers=headers)
    assert answer.status_code == 201
    return str(answer.headers["Location"])
