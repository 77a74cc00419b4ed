"""Erasing somebody while others lag behind: a rebuild runs, or the owner cannot be reached."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from contracts.erasure import ErasurePart, ErasureReason
from contracts.events.contacts import ContactErased
from contracts.events.registry import Party, PartyKind
from eventkit.database import driver, session
from eventkit.erasure.eraser import Eraser
from eventkit.erasure.hearing import hear
from eventkit.erasure.worker import ErasureWorker
from eventkit.erasure_gauges import erasure_gauges
from eventkit.kits import open_kit
from eventkit.origins import OwnEvents
from eventkit.rebuild import rebuild
from eventkit.recorded import Metadata, Recorded
from eventkit.service import Service
from eventkit.settings import Settings
from eventkit.tables import ERASURES
from eventkit.unit import Kit
from local.ports import free_port
from meetings.app import SERVICE as MEETINGS
from meetings.settings import MeetingSettings
from registry.app import SERVICE as REGISTRY
from registry.projection.contacts import CONTACTS
from tests.conftest import MakeDatabases
from tests.integration.registry.conftest import Callers, told
from tests.integration.registry.erasing import Site, site
from tests.integration.registry.replicas import OWN, migrated, running
from tests.integration.registry.test_erasure import BODY, erase

__all__ = ["site"]


@pytest.mark.usefixtures("directory")
def test_a_contact_erased_while_its_read_model_is_rebuilt_stays_erased(
    callers: Callers, environment: dict[str, str]
) -> None:
    people = [callers.organiser.create("/v1/contacts", BODY) for _ in range(3)]
    steps: list[str] = []

    def between(_: int, __: int) -> None:
        """What the new table has already is erased in the old one."""
        if not steps:
            steps.extend(people)
            for person in people:
                told(erase(callers.organiser, person))

    rebuild(environment["MIGRATION_DATABASE_URL"], OwnEvents(callers.kit.store), CONTACTS, between)
    assert steps == people
    for person in people:
        shown = told(callers.organiser.get(f"/v1/contacts/{person}"))
        assert (shown["name"], shown["email"], shown["erased"]) == (None, None, True)
    query = sa.text("SELECT count(*) FROM contacts WHERE erased AND name IS NOT NULL")
    with session(callers.kit.engine) as sql:
        assert sql.scalar(query) == 0


def told_of(kit: Kit, service: Service) -> tuple[float, float]:
    """How old the oldest unfinished erasure is in seconds, and how many there are."""
    with session(kit.engine) as sql:
        pending, oldest = erasure_gauges(service)(sql)
    assert (oldest.name, pending.name) == ("erasure_oldest_seconds", "erasures_pending")
    return (oldest.samples[0].value, pending.samples[0].value)


def test_how_long_an_erasure_is_incomplete_is_told_on_both_sides(
    site: Site, follower: Any, tmp_path: Path
) -> None:
    owner = open_kit(REGISTRY, Settings.from_env(site.environment), pool_size=4)
    client = client_of(site, tmp_path)
    with site.running() as process, closing(owner):
        kit = follower(process.url, **client)
        assert (told_of(owner, REGISTRY), told_of(kit, MEETINGS)) == ((0, 0), (0, 0))
        assert site.erase(process).is_success
        heard(kit, site.contact)
        assert told_of(owner, REGISTRY) > (0, 0)
        assert told_of(owner, REGISTRY)[1] == told_of(kit, MEETINGS)[1] == 1
        assert told_of(kit, MEETINGS) > (0, 0)
        ErasureWorker().step(kit)
        assert told_of(kit, MEETINGS) == (0, 0)
        assert told_of(owner, REGISTRY) > (0, 0)
        part = ErasurePart(service="notifications", cleared=0, remaining=0, remains="0" * 64)
        Eraser(owner).take_in(UUID(site.contact), part)
        assert told_of(owner, REGISTRY) == (0, 0)


@pytest.mark.usefixtures("directory")
def test_a_key_that_comes_back_while_all_runs_is_removed_by_the_worker(callers: Callers) -> None:
    person = callers.organiser.create("/v1/contacts", BODY)
    key = sa.text("SELECT wrapped FROM person_keys WHERE person = :person")
    back = sa.text("UPDATE person_keys SET wrapped = :key, erased_at = NULL WHERE person = :person")
    with callers.kit.vault._keys.connect() as keys:
        wrapped = keys.scalar(key, {"person": person})
        told(erase(callers.organiser, person))
        keys.execute(back, {"person": person, "key": wrapped})
        ErasureWorker().step(callers.kit)
        assert keys.scalar(key, {"person": person}) is None


@pytest.fixture
def follower(databases: MakeDatabases) -> Iterator[Any]:
    """Opens a process of meetings that knows the registry at a port."""
    opened: list[Kit] = []
    made = migrated(MEETINGS, databases("meetings"))

    def open_at(url: str, **client: str) -> Kit:
        addresses = {"REGISTRY_URL": url, "MEETINGS_URL": "http://127.0.0.1:9", **client}
        settings = MeetingSettings.from_env(made | OWN | addresses)
        opened.append(open_kit(MEETINGS, settings, pool_size=4))
        return opened[-1]

    yield open_at
    for kit in opened:
        kit.close()


def heard(kit: Kit, contact: str) -> None:
    """The follower's consumer handles the event."""
    event = ContactErased(
        contact_id=UUID(contact),
        party=Party(kind=PartyKind.MUNICIPALITY, key="08231000"),
        reason=ErasureReason.REQUEST,
    )
    fact = Recorded(
        event=event,
        type="contact.erased.v1",
        stream=f"contact-{contact}",
        version=2,
        position=1,
        event_id=uuid4(),
        occurred_at=kit.now(),
        recorded_at=kit.now(),
        metadata=Metadata(actor="test", correlation_id="c", generation=uuid4()),
    )
    with session(kit.engine) as sql, driver(sql).transaction():
        hear(sql, kit, "registry", fact)


def waiting(kit: Kit) -> int:
    query = sa.select(sa.func.count()).where(ERASURES.c.settled_at.is_(None))
    with session(kit.engine) as sql:
        return int(sql.scalar(query) or 0)


def client_of(site: Site, folder: Path) -> dict[str, str]:
    """A service's client at the registry."""
    with running("registry", site.environment, folder / "registry.log") as process:
        body = {"name": "Netztreff meetings", "role": "service"}
        client = site.operate(process, "/v1/clients", body)
    return {"CLIENT_ID": client["client_id"], "CLIENT_SECRET": client["client_secret"]}


def test_an_acknowledgement_is_repeated_until_the_owner_takes_it(
    site: Site, follower: Any, tmp_path: Path
) -> None:
    client = client_of(site, tmp_path)
    away = follower(f"http://127.0.0.1:{free_port()}", **client)
    heard(away, site.contact)
    worker = ErasureWorker()
    assert not worker.step(away)
    assert waiting(away) == 1
    with site.running() as process:
        kit = follower(process.url, **client)
        worker.step(kit)
        # It has not happened there yet: a restored owner has to be told of it first.
        assert waiting(kit) == 1
        assert site.erase(process).is_success
        worker.step(kit)
        assert waiting(kit) == 0
        said = site.shown(process, "/erasure")
        worker.step(kit)
    assert [part["service"] for part in said["parts"]] == ["meetings", "registry"]
    assert said["missing"] == ["notifications"]
