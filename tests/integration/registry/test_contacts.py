"""Contacts over HTTP: named with a role, read by those who may, sealed in the database."""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.integration.registry.conftest import Callers, told

pytestmark = pytest.mark.usefixtures("directory")

EMAIL = "integration.pforzheim@example.org"
PHONE = "+49 7231 555 0101"
PFORZHEIM = {"kind": "municipality", "key": "08231000"}
BODY = {
    "party": PFORZHEIM,
    "role": "Integrationsbeauftragte:r der Stadt Pforzheim",
    "purpose": "Einladungen zu Netzwerktreffen",
    "email": EMAIL,
    "phone": PHONE,
}


@pytest.fixture(scope="module")
def contact_id(callers: Callers, directory: None) -> str:  # noqa: ARG001  (the party must exist)
    return callers.organiser.create("/v1/contacts", BODY)


def refusal(callers: Callers, body: dict[str, Any], status: int = 422) -> Any:
    return told(callers.organiser.post("/v1/contacts", body), status)


def test_a_contact_is_shown_with_its_address_to_the_organiser(
    callers: Callers, contact_id: str
) -> None:
    shown = told(callers.organiser.get(f"/v1/contacts/{contact_id}"))
    assert (shown["party"], shown["email"], shown["name"]) == (PFORZHEIM, EMAIL, None)


@pytest.mark.parametrize(
    ("role", "tenant", "seen"),
    [
        ("organiser", None, True),
        ("operator", None, False),
        ("service", None, True),
        ("municipality", "08231000", True),
        ("municipality", "08211000", False),
        ("district", "08231", True),
        ("district", "08116", False),
        ("steering_group", None, False),
        ("moderator", None, False),
    ],
)
def test_an_address_is_shown_to_those_who_need_it_only(
    callers: Callers, contact_id: str, role: str, tenant: str | None, *, seen: bool
) -> None:
    caller = callers.as_role(role, tenant)
    alone = told(caller.get(f"/v1/contacts/{contact_id}"))
    listed = told(caller.get("/v1/contacts?party_key=08231000"))["items"]
    assert alone["role"] == BODY["role"]
    assert [item["email"] == EMAIL for item in (alone, *listed)] == [seen] * (1 + len(listed))
    assert [item["phone"] is not None for item in (alone, *listed)] == [seen] * (1 + len(listed))


def test_a_participant_reads_no_contacts(callers: Callers, contact_id: str) -> None:
    assert callers.as_role("participant").get(f"/v1/contacts/{contact_id}").status_code == 403


def test_no_table_holds_the_address_in_plain_text(callers: Callers, contact_id: str) -> None:
    query = sa.text("SELECT data::text FROM events UNION ALL SELECT c::text FROM contacts c")
    with callers.kit.engine.connect() as connection:
        rows = connection.execute(query).scalars().all()
    assert any(contact_id in row for row in rows)
    assert not [row for row in rows if EMAIL in row or PHONE in row]


@pytest.mark.parametrize("role", [None, "", "   "])
def test_a_contact_without_a_role_is_refused(callers: Callers, role: str | None) -> None:
    problem = refusal(callers, {**BODY, "role": role})
    assert problem["errors"][0]["pointer"] == "#/role"


def test_a_missing_role_is_named(callers: Callers) -> None:
    body = {name: value for name, value in BODY.items() if name != "role"}
    assert refusal(callers, body)["errors"][0]["pointer"] == "#/role"


@pytest.mark.parametrize(
    ("party", "pointer"),
    [
        ({"kind": "municipality", "key": "09999999"}, "#/party/key"),
        ({"kind": "municipality", "key": "8231000"}, "#/party/key"),
        ({"kind": "municipality", "key": 8231000}, "#/party/key"),
        ({"kind": "municipality", "key": "٠٨٢٣١٠٠٠"}, "#/party/key"),
        ({"kind": "district", "key": "08231000"}, "#/party/key"),
        ({"kind": "district", "key": "09999"}, "#/party/key"),
        ({"kind": "organisation", "key": "x"}, "#/party/key"),
        ({"kind": "organisation", "key": "00000000-0000-4000-8000-000000000000"}, "#/party/key"),
        ({"kind": "planet", "key": "08231000"}, "#/party/kind"),
        ({"kind": "municipality", "key": "08231000", "id": "1"}, "#/party/id"),
    ],
)
def test_a_party_that_cannot_be_is_refused_with_its_place(
    callers: Callers, party: dict[str, Any], pointer: str
) -> None:
    assert refusal(callers, {**BODY, "party": party})["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("email", ["x", "a@b\r\nBcc: c@example.org", "a b@example.org", "a@"])
def test_what_is_no_address_is_refused(callers: Callers, email: str) -> None:
    assert refusal(callers, {**BODY, "email": email})["errors"][0]["pointer"] == "#/email"


def test_a_municipality_names_its_own_contacts_only(callers: Callers) -> None:
    own = callers.as_role("municipality", "08231000", "read write admin")
    foreign = callers.as_role("municipality", "08211000", "read write admin")
    assert own.post("/v1/contacts", BODY).status_code == 201
    assert told(foreign.post("/v1/contacts", BODY), 403)["code"] == "foreign-party"


def test_somebody_elses_contact_answers_as_one_that_does_not_exist(
    callers: Callers, contact_id: str
) -> None:
    foreign = callers.as_role("municipality", "08211000", "read write admin")
    body = {"role": "x", "purpose": "x"}
    unknown = "00000000-0000-4000-8000-000000000000"
    answers = [
        told(foreign.put(f"/v1/contacts/{id_}", body, **{"If-Match": '"1"'}), 404)
        for id_ in (contact_id, unknown)
    ]
    for answer in answers:
        del answer["instance"]
    assert answers[0] == answers[1]


def test_a_change_replaces_the_address_as_a_whole(callers: Callers) -> None:
    contact = callers.organiser.create("/v1/contacts", BODY)
    path = f"/v1/contacts/{contact}"
    change = {"role": "Amtsleitung", "purpose": "Einladungen", "name": "Amt für Integration"}
    etag = callers.organiser.get(path).headers["ETag"]
    assert callers.organiser.put(path, change).status_code == 428
    assert told(callers.organiser.put(path, change, **{"If-Match": etag}))["version"] == 2
    assert callers.organiser.put(path, change, **{"If-Match": etag}).status_code == 412
    shown = told(callers.organiser.get(path))
    assert (shown["name"], shown["email"], shown["phone"]) == ("Amt für Integration", None, None)


def test_a_contact_leaves_with_a_successor_of_the_same_party(callers: Callers) -> None:
    leaving, following = (callers.organiser.create("/v1/contacts", BODY) for _ in range(2))
    elsewhere = callers.organiser.create(
        "/v1/contacts", {**BODY, "party": {"kind": "municipality", "key": "08211000"}}
    )
    path = f"/v1/contacts/{leaving}"

    def leave(successor: str) -> Any:
        return callers.organiser.change(f"{path}/departure", path, {"successor_id": successor})

    assert told(leave(elsewhere), 422)["code"] == "foreign-successor"
    assert told(leave("00000000-0000-4000-8000-000000000000"), 422)["code"] == "unknown-contact"
    told(leave(following))
    shown = told(callers.organiser.get(path))
    assert (shown["active"], shown["successor_id"], shown["role"]) == (
        False,
        following,
        BODY["role"],
    )
    third = callers.organiser.create("/v1/contacts", BODY)
    path_of_third = f"/v1/contacts/{third}"
    answer = callers.organiser.change(
        f"{path_of_third}/departure", path_of_third, {"successor_id": leaving}
    )
    assert told(answer, 422)["code"] == "unknown-contact"
    assert told(leave(following), 409)["code"] == "contact-left"


def test_a_service_reads_the_addresses_of_active_contacts(
    callers: Callers, contact_id: str
) -> None:
    gone = callers.organiser.create("/v1/contacts", BODY)
    path = f"/v1/contacts/{gone}"
    told(callers.organiser.change(f"{path}/departure", path, {}))
    silent = callers.organiser.create("/v1/contacts", {**BODY, "email": None})
    unknown = "00000000-0000-4000-8000-000000000000"
    ids = [contact_id, contact_id, gone, silent, unknown]
    answer = told(callers.service.post("/v1/contacts/addresses", {"ids": ids}))
    assert answer == {"items": [{"contact_id": contact_id, "name": None, "email": EMAIL}]}


def test_nobody_but_a_service_reads_addresses(callers: Callers, contact_id: str) -> None:
    body = {"ids": [contact_id]}
    assert callers.organiser.post("/v1/contacts/addresses", body).status_code == 403
    assert callers.nobody.post("/v1/contacts/addresses", body).status_code == 401


def test_at_most_500_addresses_come_at_once(callers: Callers, contact_id: str) -> None:
    answer = callers.service.post("/v1/contacts/addresses", {"ids": [contact_id] * 501})
    assert answer.status_code == 422
    assert callers.service.post("/v1/contacts/addresses", {"ids": []}).status_code == 422


def test_an_erased_contact_is_left_out_and_shown_by_role_alone(callers: Callers) -> None:
    erased = callers.organiser.create("/v1/contacts", BODY)
    with callers.kit.vault._keys.begin() as keys:
        keys.execute(
            sa.text("UPDATE person_keys SET wrapped = NULL WHERE person = :id"), {"id": erased}
        )
    callers.kit.vault._cache.clear()
    answer = told(callers.service.post("/v1/contacts/addresses", {"ids": [erased]}))
    assert answer == {"items": []}
    shown = told(callers.organiser.get(f"/v1/contacts/{erased}"))
    assert (shown["role"], shown["email"], shown["phone"]) == (BODY["role"], None, None)
