"""Erasing a contact: what is gone at once, what stays, who may do it, and the certificate."""

from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import sqlalchemy as sa

from tests.integration.registry.conftest import Caller, Callers, told

NAME, EMAIL, PHONE = "Kontakt Kanarienvogel", "kanarienvogel@example.org", "0711 999 01 99"
PFORZHEIM = {"kind": "municipality", "key": "08231000"}
BODY = {
    "party": PFORZHEIM,
    "role": "Integrationsbeauftragte:r",
    "purpose": "Einladungen",
    "name": NAME,
    "email": EMAIL,
    "phone": PHONE,
}
REASON = {"reason": "request"}
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

pytestmark = pytest.mark.usefixtures("directory")


def erase(caller: Caller, contact: str, **headers: str) -> Any:
    path = f"/v1/contacts/{contact}"
    match = {"If-Match": caller.get(path).headers.get("ETag", '"1"')}
    return caller.post(f"{path}/erasure", REASON, **match | headers)


def appointed(callers: Callers) -> str:
    return callers.organiser.create("/v1/contacts", BODY)


def erased(callers: Callers) -> str:
    contact = appointed(callers)
    told(erase(callers.organiser, contact))
    return contact


def acknowledge(callers: Callers, contact: str, service: str) -> Any:
    body = {"service": service, "cleared": 0, "remaining": 0, "remains": EMPTY}
    return callers.service.post(f"/v1/erasures/{contact}/acknowledgements", body)


def test_nothing_of_an_erased_contact_is_shown_but_role_and_party(callers: Callers) -> None:
    contact = erased(callers)
    shown = told(callers.organiser.get(f"/v1/contacts/{contact}"))
    assert [shown[name] for name in ("name", "email", "phone")] == [None] * 3
    assert (shown["erased"], shown["active"]) == (True, False)
    assert (shown["role"], shown["party"]) == (BODY["role"], PFORZHEIM)
    answer = told(callers.service.post("/v1/contacts/addresses", {"ids": [contact]}))
    assert answer == {"items": []}


@pytest.mark.parametrize("when", ["as_of", "known_at"])
def test_an_erased_contact_is_erased_at_every_time_before(callers: Callers, when: str) -> None:
    contact = appointed(callers)
    path = f"/v1/contacts/{contact}"
    before = told(callers.organiser.get(path))
    told(erase(callers.organiser, contact))
    moment = before["appointed_at"].replace("+", "%2B")
    then = (
        told(callers.organiser.get(f"{path}?{when}={moment}"))
        if when == "as_of"
        else told(callers.organiser.get(f"{path}?known_at=2099-01-01T00:00:00Z"))
    )
    assert [then[name] for name in ("name", "email", "phone")] == [None] * 3
    assert then["erased"] is True


def test_the_history_says_what_of_it_was_erased(callers: Callers) -> None:
    contact = erased(callers)
    entries = told(callers.organiser.get(f"/v1/contacts/{contact}/history"))["items"]
    assert [(entry["type"], entry["erased"]) for entry in entries] == [
        ("netztreff.contact.appointed.v1", True),
        ("netztreff.contact.erased.v1", False),
    ]
    assert entries[1]["data"]["reason"] == "request"


def test_the_key_is_gone_and_the_table_holds_nothing_sealed(callers: Callers) -> None:
    contact = erased(callers)
    with callers.kit.vault._keys.connect() as keys:
        query = "SELECT wrapped, erased_at FROM person_keys WHERE person = :person"
        wrapped, at = keys.execute(sa.text(query), {"person": contact}).one()
    assert (wrapped, at is None) == (None, False)
    with callers.kit.engine.connect() as sql:
        query = "SELECT name, email, phone FROM contacts WHERE contact_id = :id"
        assert sql.execute(sa.text(query), {"id": contact}).one() == (None, None, None)


def test_nothing_brings_an_erased_contact_back(callers: Callers) -> None:
    contact = erased(callers)
    path = f"/v1/contacts/{contact}"
    match = {"If-Match": callers.organiser.get(path).headers["ETag"]}
    change = {"role": "x", "purpose": "x", "name": NAME}
    assert told(callers.organiser.put(path, change, **match), 409)["code"] == "person-erased"
    left = callers.organiser.post(f"{path}/departure", {}, **match)
    assert told(left, 409)["code"] == "person-erased"


def test_a_second_erasure_is_answered_like_the_first_whatever_version_was_seen(
    callers: Callers,
) -> None:
    contact = appointed(callers)
    path = f"/v1/contacts/{contact}"
    headers = {"If-Match": callers.organiser.get(path).headers["ETag"], "Idempotency-Key": '"e-1"'}
    first = callers.organiser.post(f"{path}/erasure", REASON, **headers)
    again = callers.organiser.post(f"{path}/erasure", REASON, **headers)
    other = callers.organiser.post(f"{path}/erasure", REASON, **{"If-Match": headers["If-Match"]})
    assert told(first) == told(again) == told(other)
    assert len(told(callers.organiser.get(f"{path}/history"))["items"]) == 2


def test_an_erasure_wants_the_version_that_its_caller_saw(callers: Callers) -> None:
    contact = appointed(callers)
    path = f"/v1/contacts/{contact}/erasure"
    assert callers.organiser.post(path, REASON).status_code == 428
    assert callers.organiser.post(path, REASON, **{"If-Match": '"7"'}).status_code == 412
    assert told(callers.organiser.get(f"/v1/contacts/{contact}"))["name"] == NAME
    assert contact not in journal(callers).read_text("utf-8")


@pytest.mark.parametrize("body", [{}, {"reason": "Frau X wünscht es"}, {"reason": None}])
def test_a_reason_is_one_of_a_list_for_no_name_may_stand_in_it(
    callers: Callers, body: dict[str, Any]
) -> None:
    contact = appointed(callers)
    path = f"/v1/contacts/{contact}/erasure"
    answer = callers.organiser.post(path, body, **{"If-Match": '"1"'})
    assert told(answer, 422)["errors"][0]["pointer"] == "#/reason"


def test_a_municipality_erases_its_own_contacts_only(callers: Callers) -> None:
    contact, unknown = appointed(callers), "00000000-0000-4000-8000-000000000000"
    own = callers.as_role("municipality", "08231000", "read write admin")
    foreign = callers.as_role("municipality", "08211000", "read write admin")
    for path in ("erasure", "export"):
        for id_ in (contact, unknown):
            assert foreign.get(f"/v1/contacts/{id_}/{path}").status_code == 404
    assert erase(foreign, contact).status_code == 404
    assert (
        erase(callers.as_role("municipality", "08231000", "read write"), contact).status_code == 403
    )
    assert told(erase(own, contact))["id"] == contact
    assert told(own.get(f"/v1/contacts/{contact}/erasure"))["state"] == "pending"


def test_an_erasure_is_certified_when_every_service_has_acknowledged(callers: Callers) -> None:
    contact = erased(callers)
    path = f"/v1/contacts/{contact}/erasure"
    pending = told(callers.organiser.get(path))
    assert (pending["state"], pending["missing"]) == ("pending", ["meetings", "notifications"])
    assert [part["service"] for part in pending["parts"]] == ["registry"]
    assert [part["cleared"] for part in pending["parts"]] == [1]
    told(acknowledge(callers, contact, "meetings"))
    told(acknowledge(callers, contact, "meetings"))
    complete = told(acknowledge(callers, contact, "notifications"))
    assert (complete["state"], complete["missing"]) == ("complete", [])
    assert told(callers.organiser.get(path)) == complete
    told(acknowledge(callers, contact, "notifications"))
    entries = told(callers.organiser.get(f"/v1/contacts/{contact}/history"))["items"]
    assert [entry["type"] for entry in entries[2:]] == ["netztreff.contact.erasure_certified.v1"]
    assert entries[2]["data"]["parts"] == [
        {name: part[name] for name in ("service", "cleared", "remaining", "remains")}
        for part in sorted(complete["parts"], key=lambda part: part["service"])
    ]


def test_an_acknowledgement_that_fits_nothing_is_refused(callers: Callers) -> None:
    contact, present = erased(callers), appointed(callers)
    assert told(acknowledge(callers, present, "meetings"), 404)["code"] == "not-found"
    assert told(acknowledge(callers, contact, "registri"), 422)["code"] == "unknown-service"
    assert told(callers.organiser.get(f"/v1/contacts/{present}/erasure"), 404)
    body = {"service": "meetings", "cleared": 0, "remaining": 0, "remains": "x" * 64}
    path = f"/v1/erasures/{contact}/acknowledgements"
    assert told(callers.service.post(path, body), 422)["errors"][0]["pointer"] == "#/remains"
    assert callers.organiser.post(path, body).status_code == 403


def test_an_export_holds_everything_opened_with_where_it_came_from(callers: Callers) -> None:
    contact = appointed(callers)
    answer = callers.organiser.get(f"/v1/contacts/{contact}/export")
    said = told(answer)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    (event,) = said["events"]
    assert (event["type"], event["stream"]) == ("contact.appointed.v1", f"contact-{contact}")
    assert [event["data"][name] for name in ("name", "email", "phone")] == [NAME, EMAIL, PHONE]
    (row,) = said["rows"]
    assert (row["table"], row["data"]["email"]) == ("contacts", EMAIL)
    assert (said["erased"], said["others"]) == (False, ["meetings", "notifications"])


def test_the_export_of_an_erased_contact_holds_no_value(callers: Callers) -> None:
    contact = erased(callers)
    answer = callers.organiser.get(f"/v1/contacts/{contact}/export")
    assert told(answer)["erased"] is True
    assert "sealed" not in answer.text
    assert not [value for value in (NAME, EMAIL, PHONE) if value in answer.text]


def test_an_export_opens_nothing_of_somebody_else(callers: Callers) -> None:
    successor = callers.organiser.create("/v1/contacts", {**BODY, "name": "Nachfolge"})
    leaving = appointed(callers)
    path = f"/v1/contacts/{leaving}"
    body = {"successor_id": successor}
    told(callers.organiser.change(f"{path}/departure", path, body))
    said = told(callers.organiser.get(f"/v1/contacts/{successor}/export"))
    rows = {row["data"]["contact_id"]: row["data"]["name"] for row in said["rows"]}
    assert rows == {successor: "Nachfolge", leaving: None}


def journal(callers: Callers) -> Path:
    return Path(str(callers.kit.settings.erasure_journal))


def test_the_journal_names_who_was_erased_and_nothing_personal(callers: Callers) -> None:
    contact = erased(callers)
    text = journal(callers).read_text("utf-8")
    (line,) = [orjson.loads(one) for one in text.splitlines() if contact in one]
    assert set(line) == {"person", "service", "at", "reason", "number", "mac"}
    assert (line["service"], line["reason"]) == ("registry", "request")
    assert UUID(line["person"]) == UUID(contact)
    assert not [value for value in (NAME, EMAIL, PHONE, "08231000") if value in text]
