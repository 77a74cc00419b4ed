"""Personal links of participants who are contacts: services get them, and who left has none."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.erasure import ErasureReason
from contracts.events.contacts import ContactErased
from contracts.events.registry import (
    ContactAppointed,
    ContactChanged,
    ContactLeft,
    Party,
    PartyKind,
)
from eventkit.database import driver, session
from eventkit.projection import Projector
from eventkit.testing import recorded
from eventkit.unit import Kit
from meetings.projection.network import CONTACTS
from tests.integration.meetings.conftest import PFORZHEIM, Callers, told

PATH = "/v1/participants/links"


@dataclass
class Colleague:
    """A contact of the registry with a place at a meeting."""

    callers: Callers
    contact_id: UUID
    meeting: str
    participant: str
    version: int = 1

    @property
    def registration(self) -> str:
        return f"{self.meeting}/registrations/{self.participant}"

    @property
    def page(self) -> str:
        (item,) = links(self.callers, self.participant)
        return str(item["link"]).partition("://")[2].partition("/")[2]

    def hear(self, event: Any) -> None:
        """Let the service hear of the contact, as its consumer would."""
        self.version += 1
        learn(self.callers.kit, event, self.version)


def learn(kit: Kit, event: Any, version: int) -> None:
    fact = recorded(event, stream=f"contact-{event.contact_id}", version=version)
    with session(kit.engine) as connection, driver(connection).transaction():
        Projector(CONTACTS).apply(driver(connection), [fact])


def links(callers: Callers, *participants: str) -> list[Any]:
    answer = callers.as_role("service").post(PATH, {"ids": list(participants)})
    return list(told(answer)["items"])


@pytest.fixture
def colleague(callers: Callers) -> Colleague:
    contact_id, meeting = uuid4(), callers.open()
    learn(callers.kit, appointed(contact_id), 1)
    body = {"side": "administration", "contact_id": str(contact_id)}
    participant = callers.organiser.create(f"{meeting}/registrations", body)
    return Colleague(callers, contact_id, meeting, participant)


def appointed(contact_id: UUID) -> ContactAppointed:
    return ContactAppointed(contact_id=contact_id, **ROLE)


ROLE: dict[str, Any] = {
    "party": Party(kind=PartyKind.MUNICIPALITY, key=PFORZHEIM),
    "role": "Integrationsbeauftragte:r",
    "purpose": "Netzwerktreffen",
}


def opened(callers: Callers, page: str, method: str = "GET") -> int:
    return callers.app.test_client().open(f"/{page}", method=method).status_code


def test_services_get_the_links_of_contacts_and_nobody_else_does(
    callers: Callers, colleague: Colleague
) -> None:
    (item,) = links(callers, colleague.participant, colleague.participant, str(uuid4()))
    assert item == {"participant_id": colleague.participant, "link": item["link"]}
    assert "/r/ntl_" in item["link"]
    for role in ("organiser", "moderator", "operator", "steering_group"):
        told(callers.as_role(role).post(PATH, {"ids": [colleague.participant]}), 403)


def test_guests_get_theirs_with_their_addresses_and_not_here(callers: Callers) -> None:
    guest = {"side": "guest", "name": "Gast", "email": "gast@example.org"}
    participant = callers.organiser.create(f"{callers.open()}/registrations", guest)
    assert links(callers, participant) == []


def test_the_link_of_a_contact_shows_the_own_registration_and_gives_the_place_back(
    callers: Callers, colleague: Colleague
) -> None:
    page = colleague.page
    assert opened(callers, page) == 200
    assert opened(callers, page, "POST") == 200
    shown = told(callers.organiser.get(colleague.registration))
    assert shown["standing"] == "withdrawn"
    assert links(callers, colleague.participant) == []


@pytest.mark.parametrize(
    ("end", "more"), [(ContactLeft, {}), (ContactErased, {"reason": ErasureReason.REQUEST})]
)
def test_a_contact_who_left_or_was_erased_has_no_link_and_the_one_in_the_mail_opens_nothing(
    callers: Callers, colleague: Colleague, end: type, more: dict[str, Any]
) -> None:
    page = colleague.page
    colleague.hear(end(contact_id=colleague.contact_id, party=ROLE["party"], **more))
    assert links(callers, colleague.participant) == []
    assert [opened(callers, page, method) for method in ("GET", "POST")] == [404, 404]
    token = {"Authorization": f"Bearer {page.rpartition('/')[2]}"}
    client = callers.app.test_client()
    for method, path in (
        ("GET", colleague.registration),
        ("GET", colleague.meeting),
        ("POST", f"{colleague.registration}/withdraw"),
    ):
        keyed = token | {"Idempotency-Key": f'"{uuid4()}"'}
        assert client.open(path, method=method, headers=keyed).status_code == 404, path
    assert told(callers.organiser.get(colleague.registration))["standing"] == "registered"


def test_a_contact_who_changes_keeps_the_link(callers: Callers, colleague: Colleague) -> None:
    page = colleague.page
    colleague.hear(ContactChanged(contact_id=colleague.contact_id, **ROLE))
    assert opened(callers, page) == 200


def test_links_are_asked_for_in_batches_that_are_neither_empty_nor_endless(
    callers: Callers,
) -> None:
    service = callers.as_role("service")
    told(service.post(PATH, {"ids": []}), 422)
    told(service.post(PATH, {"ids": [str(uuid4()) for _ in range(501)]}), 422)
