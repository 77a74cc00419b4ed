"""Backups of a running installation come back on empty servers: all there, and nobody returns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import meetings.app
import notifications.app
import registry.app
from eventkit.service import Service
from tests.e2e.drill import broker, done, emptied, hashes, running, script, writing
from tests.e2e.installation import SERVICES, Installation, port_base, until
from tests.e2e.mails import mails
from tests.e2e.network import Network, invite, new_network, plan_meeting
from tests.e2e.remains import dumps, published
from tests.e2e.test_erasure import Person, key_of

CODE = (registry.app.SERVICE, meetings.app.SERVICE, notifications.app.SERVICE)

Hashes = dict[str, dict[str, str]]


@dataclass(kw_only=True)
class Drill:
    """What was stored before the backups, and the installation that came back from them."""

    network: Network
    meeting_id: str
    kept: Person
    erased_before: Person
    erased_after: Person
    acknowledged: list[str] = field(default_factory=list)
    stored: dict[str, int] = field(default_factory=dict)
    restored: Installation = field(init=False)
    said: dict[str, str] = field(default_factory=dict)
    before: Hashes = field(default_factory=dict)
    after: Hashes = field(default_factory=dict)
    at_once: Hashes = field(default_factory=dict)


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    """Once for all tests here: they look at what came of it, and change nothing but their own."""
    folder = tmp_path_factory.mktemp("drill")
    with broker(folder / "kafka") as servers:
        wishes = {"KAFKA_BOOTSTRAP_SERVERS": servers, "NETZTREFF_EXAMPLE": "no"}
        old = Installation(folder=folder / "old", base=port_base(), settings=wishes)
        with running(old):
            told = filled(old)
            backed_up(told, old, folder / "backups")
    with broker(folder / "empty_kafka") as servers:
        with emptied(old, servers, folder / "new") as new:
            put_back(told, new, folder / "backups")
        with running(new):
            told.restored = new
            settled(told)
            yield told


def settled(drill: Drill) -> None:
    """What the journal knew better is acknowledged by everybody once more."""
    erasure = f"{drill.erased_after.path}/erasure"
    until(lambda: drill.restored.api("registry").get(erasure)["state"] == "complete")
    until(lambda: is_followed(drill.restored))


def filled(old: Installation) -> Drill:
    network = new_network(old, members=1)
    meeting_id = plan_meeting(old, network)
    invite(old, network, meeting_id)
    kept, before, after = (Person(old, network) for _ in range(3))
    before.erase()
    until(lambda: before.certificate()["state"] == "complete")
    until(lambda: mails(old, meeting_id))
    return Drill(
        network=network,
        meeting_id=meeting_id,
        kept=kept,
        erased_before=before,
        erased_after=after,
    )


def backed_up(drill: Drill, old: Installation, backups: Path) -> None:
    with writing(old) as writer:
        until(lambda: len(writer.acknowledged) > 20)
        drill.acknowledged = list(writer.acknowledged)
        drill.before = {service.name: hashes(old, service) for service in CODE}
        for kind in ("events", "keys"):
            done(script(old, "backup", kind, str(backups / kind)))
        assert len(writer.acknowledged) > len(drill.acknowledged), "Nobody wrote meanwhile."
        drill.after = {service.name: hashes(old, service) for service in CODE}
        drill.erased_after.erase()
        until(lambda: drill.erased_after.certificate()["state"] == "complete")
        done(script(old, "backup", "witnesses", str(backups / "witnesses")))
    for file in files(backups / "events"):
        info = file.with_name(f"{file.name}.info").read_text()
        drill.stored[file.name.partition(".")[0]] = int(re.findall(r"position=(\d+)", info)[0])


def put_back(drill: Drill, new: Installation, backups: Path) -> None:
    folders = [backups / kind for kind in ("events", "keys", "witnesses")]
    fitting = done(script(new, "newest", *map(str, folders))).splitlines()
    assert sorted(fitting) == sorted(str(file) for folder in folders for file in files(folder))
    done(script(new, "restore", *fitting))
    for service in SERVICES:
        done(new.command(service, "migrate"))
        drill.said[service] = done(new.command(service, "store-restored"))
        heads = str(new.folder / f"{service}.heads")
        drill.said[f"verify {service}"] = done(new.command(service, "verify", "--heads", heads))
    drill.at_once = {service.name: hashes(new, service) for service in CODE}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix != ".info")


def is_followed(installation: Installation) -> bool:
    """Whether everything was published and handled."""
    said = "\n".join(installation.metrics(service) for service in SERVICES)
    lags = re.findall(r"(?m)^(?:relay|consumer)_lag_events\S* (\S+)$", said)
    return len(lags) >= len(SERVICES) and not any(map(float, lags))


def test_everything_acknowledged_before_the_backup_is_there(drill: Drill) -> None:
    known = {
        one["organisation_id"] for one in drill.restored.api("registry").items("/v1/organisations")
    }
    assert set(drill.acknowledged) <= known
    shown = drill.restored.api("meetings").get(f"/v1/meetings/{drill.meeting_id}")
    assert shown["title"] == "Netzwerktreffen (erfunden)"


@pytest.mark.parametrize("service", CODE, ids=lambda service: service.name)
def test_read_models_come_back_as_they_were(drill: Drill, service: Service) -> None:
    before, after = drill.before[service.name], drill.after[service.name]
    unchanged = {name for name in before if before[name] == after[name]}
    assert len(unchanged) > len(before) / 2
    assert len({before[name] for name in unchanged}) > 1
    restored = drill.at_once[service.name]
    assert {name: restored[name] for name in unchanged} == {n: before[n] for n in unchanged}


def test_a_restored_store_is_what_was_stored(drill: Drill) -> None:
    for service in SERVICES:
        said = drill.said[f"verify {service}"]
        checked = int(re.findall(r"(\d+) events of", said)[0])
        assert said.endswith(" 0 faults.\n")
        assert checked > 0
        assert re.match(r"generation\t\S+\tafter position \d+ of", drill.said[service])


@pytest.mark.parametrize("service", CODE, ids=lambda service: service.name)
def test_restored_read_models_are_what_their_events_say(drill: Drill, service: Service) -> None:
    before = hashes(drill.restored, service)
    done(drill.restored.command(service.name, "rebuild"))
    assert hashes(drill.restored, service) == before
    assert len(set(before.values())) > 1


def test_erased_people_stay_erased_and_the_others_are_still_known(drill: Drill) -> None:
    api = drill.restored.api("registry")
    for person in (drill.erased_before, drill.erased_after):
        shown = api.get(person.path)
        assert (shown["name"], shown["email"], shown["erased"]) == (None, None, True)
        assert key_of(drill.restored, person.id) is None
    assert api.get(drill.kept.path)["email"] == drill.kept.email


def test_an_empty_broker_is_filled_from_the_stores(drill: Drill) -> None:
    topics = published(drill.restored)["topics"]
    assert all(one.encode() in topics for one in drill.acknowledged)
    assert drill.meeting_id.encode() in topics


def test_facts_travel_on_and_are_told_once(drill: Drill) -> None:
    network = new_network(drill.restored, members=1)
    meeting_id = plan_meeting(drill.restored, network)
    invite(drill.restored, network, meeting_id)
    until(lambda: mails(drill.restored, meeting_id))
    # What was told before the backup is not told again after it.
    assert mails(drill.restored, drill.meeting_id) == []


def test_the_events_alone_open_nothing(drill: Drill) -> None:
    held = {name: content for name, content in dumps(drill.restored).items() if "keys" not in name}
    assert not any(drill.kept.email.encode() in content for content in held.values())
