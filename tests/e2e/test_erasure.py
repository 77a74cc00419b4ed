"""A person is erased over both transports: nothing of them is left anywhere, and stays so."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest

from local.databases import connect
from tests.e2e.api import Api, Json
from tests.e2e.installation import SERVICES, Installation, until
from tests.e2e.mails import mails
from tests.e2e.network import (
    ENDS_AT,
    STARTS_AT,
    Network,
    act,
    contact_of,
    invite,
    new_network,
    plan_meeting,
)
from tests.e2e.remains import KEYS, dumps, owner_url, published
from tests.security.canary import found, in_files


class Person:
    """A contact of an organisation's, with a name that stands nowhere else."""

    def __init__(self, installation: Installation, network: Network) -> None:
        word = f"kanarie{uuid4().hex}"
        self.words = [f"Kontakt {word}".encode(), f"{word}@example.org".encode()]
        self.email = f"{word}@example.org"
        self.registry: Api = installation.api("registry")
        of = {"kind": "organisation", "key": network.organisation_id}
        body = contact_of(of) | {"name": f"Kontakt {word}", "email": self.email, "phone": word}
        self.words.append(word.encode())
        self.id: str = self.registry.create("/v1/contacts", body)["id"]
        self.path = f"/v1/contacts/{self.id}"
        seats = f"/v1/programmes/{network.programme_id}/seats"
        seat = {"organisation_id": network.organisation_id, "role": "Sitz der Steuerungsgruppe"}
        path = f"/v1/seats/{self.registry.create(seats, seat)['id']}"
        self.registry.change("POST", f"{path}/appointment", {"contact_id": self.id}, of=path)

    def erase(self) -> None:
        body = {"reason": "request"}
        self.registry.change("POST", f"{self.path}/erasure", body, of=self.path)

    def certificate(self) -> Json:
        return self.registry.get(f"{self.path}/erasure")


def key_of(installation: Installation, person: str) -> bytes | None:
    with connect(owner_url(installation, "registry", KEYS)) as keys:
        query = "SELECT wrapped FROM person_keys WHERE person = %s"
        row = keys.execute(query, [person]).fetchone()
        assert row is not None
        return row[0] if isinstance(row[0], bytes) else None


def answers(api: Api) -> bool:
    try:
        return api.send("GET", "/openapi.json").is_success
    except httpx.TransportError:
        return False


def told(installation: Installation, meeting_id: str, email: str) -> int:
    return len([mail for mail in mails(installation, meeting_id) if mail.recipient == email])


def later(installation: Installation, meeting_id: str) -> None:
    """A change that everybody has to be told of."""
    body = {
        "starts_at": (STARTS_AT + timedelta(weeks=1)).isoformat(),
        "ends_at": (ENDS_AT + timedelta(weeks=1)).isoformat(),
        "reason": "Der Saal ist belegt.",
    }
    act(installation, meeting_id, "reschedule", body)


@pytest.fixture
def network(installation: Installation) -> Network:
    return new_network(installation, members=1)


def test_nothing_of_an_erased_person_is_left_and_nothing_is_sent_to_them(
    installation: Installation, network: Network
) -> None:
    person = Person(installation, network)
    meeting_id = plan_meeting(installation, network)
    invite(installation, network, meeting_id)
    until(lambda: told(installation, meeting_id, person.email))
    key = key_of(installation, person.id)
    assert key is not None
    person.erase()
    complete = until(lambda: (said := person.certificate())["state"] == "complete" and said)
    assert [part["service"] for part in complete["parts"]] == sorted(SERVICES)
    later(installation, meeting_id)
    (other,) = network.members.values()
    until(lambda: told(installation, meeting_id, other) == 2)
    assert told(installation, meeting_id, person.email) == 1
    for name, content in (dumps(installation) | published(installation)).items():
        assert found(content, person.words) == [], name
        assert key.hex().encode() not in content, name
    for folder in ("log", "postgres"):
        assert in_files(installation.folder / folder, person.words) == {}
    assert found(dumps(installation)["registry contacts"], [person.id.encode()])


def test_the_past_and_the_feeds_show_an_erased_person_as_erased(
    installation: Installation, network: Network
) -> None:
    person = Person(installation, network)
    before = person.registry.get(person.path)
    person.erase()
    for query in ({}, {"as_of": before["appointed_at"]}, {"known_at": "2099-01-01T00:00:00Z"}):
        shown = person.registry.get(person.path, **query)
        assert [shown[name] for name in ("name", "email", "phone")] == [None] * 3
        assert (shown["erased"], shown["role"]) == (True, before["role"])
    until(lambda: person.certificate()["state"] == "complete")
    history = person.registry.get(f"{person.path}/history")["items"]
    assert [(one["type"], one["erased"]) for one in history] == [
        ("netztreff.contact.appointed.v1", True),
        ("netztreff.contact.erased.v1", False),
        ("netztreff.contact.erasure_certified.v1", False),
    ]


def test_a_key_that_a_backup_brings_back_is_gone_before_the_next_start_answers(
    installation: Installation, network: Network
) -> None:
    person = Person(installation, network)
    key = key_of(installation, person.id)
    person.erase()
    assert key_of(installation, person.id) is None
    with connect(owner_url(installation, "registry", KEYS)) as keys:
        restore = "UPDATE person_keys SET wrapped = %s, erased_at = NULL WHERE person = %s"
        keys.execute(restore, [key, person.id])
    installation.roles("registry")["api-1"].kill()
    until(lambda: answers(person.registry))
    assert person.registry.get(person.path)["name"] is None
    assert key_of(installation, person.id) is None


def test_a_read_model_that_is_built_anew_knows_who_was_erased(
    installation: Installation, network: Network
) -> None:
    person = Person(installation, network)
    person.erase()
    assert installation.command("registry", "rebuild", "contacts").returncode == 0
    shown = person.registry.get(person.path)
    assert (shown["name"], shown["erased"]) == (None, True)


def test_a_person_is_exported_erased_and_certified_by_one_command_each(
    installation: Installation, network: Network
) -> None:
    person = Person(installation, network)
    exported = installation.command("registry", "erasure", "export", person.id)
    assert person.email in exported.stdout
    erased = installation.command("registry", "erasure", "erase", person.id, "--reason", "request")
    assert erased.returncode == 0, erased.stderr
    until(lambda: person.certificate()["state"] == "complete")
    said = installation.command("registry", "erasure", "certificate", person.id).stdout
    assert '"state": "complete"' in said
    assert (
        person.email not in installation.command("registry", "erasure", "export", person.id).stdout
    )
