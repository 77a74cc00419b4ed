"""Endpoints over HTTP: each owner sees their own, and a secret once."""

from datetime import datetime, timedelta
from typing import NoReturn
from uuid import uuid4

import pytest
import sqlalchemy as sa

from eventkit.database import driver, session
from notifications.api import endpoints as api
from notifications.api.endpoints import OVERLAP
from notifications.projection.endpoints import endpoints
from notifications.webhook.resolver import Unresolved
from tests.integration.notifications.world import World, told
from tests.unit.notifications.test_vetting import REFUSED_HOSTS, REFUSED_URLS

BODY = {"url": "http://127.0.0.1:8404/hook", "event_types": ["meeting.*"]}
TOWN = "08416041"


def test_the_secret_is_in_the_answer_to_the_registration_only(world: World) -> None:
    owner = world.as_role("municipality", TOWN)
    answer = owner.post("/v1/endpoints", BODY)
    secret = told(answer, 201)["secret"]
    assert secret.startswith("whsec_")
    shown = told(owner.get(answer.headers["Location"]))
    listed = owner.get("/v1/endpoints").text
    assert "secret" not in shown
    assert secret not in listed
    assert shown["event_types"] == ["meeting.*"]
    assert shown["state"] == "active"


def test_a_repeated_registration_shows_no_secret(world: World) -> None:
    owner, key = world.as_role("municipality", TOWN), f'"{uuid4()}"'
    first = told(owner.post("/v1/endpoints", BODY, **{"Idempotency-Key": key}), 201)
    again = told(owner.post("/v1/endpoints", BODY, **{"Idempotency-Key": key}), 201)
    assert again["id"] == first["id"]
    assert "secret" not in again


def test_secrets_are_stored_as_ciphertext(world: World) -> None:
    answer = world.as_role("organiser").post("/v1/endpoints", BODY)
    secret = told(answer, 201)["secret"]
    with session(world.kit.engine) as connection:
        for name in sa.inspect(connection).get_table_names():
            query = f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE %s'
            found = driver(connection).execute(query, (f"%{secret[6:]}%",)).fetchone()
            assert found == (0,), name


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "http://10.0.0.1/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://2130706433/",
        "ftp://127.0.0.1/",
        "http://user@127.0.0.1:8404/",
    ],
)
def test_an_address_that_is_not_allowed_is_refused_with_its_code(world: World, url: str) -> None:
    answer = world.as_role("organiser").post("/v1/endpoints", BODY | {"url": url})
    problem = told(answer, 422)
    assert problem["code"] == "endpoint-not-allowed"
    assert "https and a public address are needed" in problem["detail"]
    assert problem["errors"][0]["pointer"].endswith("/url")


@pytest.mark.parametrize("leads_to", [[], ["10.0.0.1"], ["::1"], ["192.0.2.1", "127.0.0.1"]])
def test_a_name_that_leads_inside_is_answered_as_one_that_leads_nowhere(
    world: World, monkeypatch: pytest.MonkeyPatch, leads_to: list[str]
) -> None:
    monkeypatch.setattr(api, "_resolver", lambda: lambda _host, _port: leads_to or nowhere())
    wrong = BODY | {"url": "https://empfang.example.org/"}
    problem = told(world.as_role("organiser").post("/v1/endpoints", wrong), 422)
    assert problem["code"] == "endpoint-unresolved"
    assert "check how it is spelled" in problem["detail"]
    assert problem["errors"][0]["pointer"].endswith("/url")


def nowhere() -> NoReturn:
    raise Unresolved


def test_a_name_that_nobody_knows_is_refused_with_its_own_code(world: World) -> None:
    wrong = BODY | {"url": "https://gibt-es-nicht.invalid/"}
    problem = told(world.as_role("organiser").post("/v1/endpoints", wrong), 422)
    assert problem["code"] == "endpoint-unresolved"


def test_every_form_of_the_corpus_is_refused_without_saying_why(world: World) -> None:
    organiser = world.as_role("organiser")
    urls = [*REFUSED_URLS, *(f"https://{host}/" for host in REFUSED_HOSTS)]
    # This process allows loopback, as development does; NUL is refused in every body.
    urls = [url for url in urls if url != "http://127.0.0.1:8404/" and "\0" not in url]
    problems = [told(organiser.post("/v1/endpoints", BODY | {"url": url}), 422) for url in urls]
    codes = {problem["code"] for problem in problems}
    assert codes <= {"endpoint-not-allowed", "endpoint-unresolved"}
    assert len({problem["detail"] for problem in problems}) == len(codes)


def test_a_bad_event_type_is_refused_with_its_place(world: World) -> None:
    wrong = BODY | {"event_types": ["meeting.*", "Meeting"]}
    problem = told(world.as_role("organiser").post("/v1/endpoints", wrong), 422)
    assert problem["code"] == "bad-event-type"
    assert problem["errors"][0]["pointer"].endswith("/event_types/1")


def test_another_owners_endpoint_does_not_exist(world: World) -> None:
    location = world.as_role("municipality", TOWN).post("/v1/endpoints", BODY).headers["Location"]
    for other in (world.as_role("municipality", "08111000"), world.as_role("organiser")):
        assert other.get(location).status_code == 404
        assert other.delete(location, **{"If-Match": "*"}).status_code == 404
        assert other.post(f"{location}/secrets").status_code == 404
        assert other.get(f"{location}/deliveries").status_code == 404
        assert location.rpartition("/")[2] not in other.get("/v1/endpoints").text


def test_a_removed_endpoint_is_gone(world: World) -> None:
    owner = world.as_role("district", "08416")
    location = owner.post("/v1/endpoints", BODY).headers["Location"]
    tag = owner.get(location).headers["ETag"]
    assert owner.delete(location).status_code == 428
    assert owner.delete(location, **{"If-Match": tag}).status_code == 200
    assert owner.get(location).status_code == 404


def test_a_rotation_shows_a_new_secret_once(world: World) -> None:
    owner, key = world.as_role("organiser"), f'"{uuid4()}"'
    created = told(owner.post("/v1/endpoints", BODY), 201)
    path = f"/v1/endpoints/{created['id']}/secrets"
    first = told(owner.post(path, **{"Idempotency-Key": key}), 201)
    again = told(owner.post(path, **{"Idempotency-Key": key}), 201)
    assert first["secret"] != created["secret"]
    assert "secret" not in again


def test_the_older_secret_signs_until_a_time_that_is_shown_and_no_third_one_comes(
    world: World,
) -> None:
    owner = world.as_role("organiser")
    location = owner.post("/v1/endpoints", BODY).headers["Location"]
    assert told(owner.get(location))["older_secret_until"] is None
    told(owner.post(f"{location}/secrets"), 201)
    until = datetime.fromisoformat(told(owner.get(location))["older_secret_until"])
    assert timedelta(hours=23) < until - world.kit.now() <= OVERLAP
    assert told(owner.post(f"{location}/secrets"), 409)["code"] == "two-secrets"
    with session(world.kit.engine) as connection:
        connection.execute(endpoints.update().values(previous_until=world.kit.now()))
    assert told(owner.get(location))["older_secret_until"] is None


@pytest.mark.parametrize("role", ["moderator", "participant", "operator", "service"])
def test_who_hears_of_nothing_manages_no_endpoint(world: World, role: str) -> None:
    assert world.as_role(role).post("/v1/endpoints", BODY).status_code == 403


@pytest.mark.parametrize(
    ("role", "status"),
    [("organiser", 200), ("operator", 200), ("steering_group", 403), ("municipality", 403)],
)
def test_the_whole_delivery_log_is_for_organiser_and_operator(
    world: World, role: str, status: int
) -> None:
    tenant = TOWN if role == "municipality" else None
    assert world.as_role(role, tenant).get("/v1/deliveries").status_code == status


def test_every_route_is_documented(world: World) -> None:
    document = told(world.app.test_client().get("/openapi.json"))
    assert document["openapi"].startswith("3.1")
    assert {"/v1/endpoints", "/v1/deliveries", "/v1/endpoints/{endpoint_id}/secrets"} <= set(
        document["paths"]
    )


def test_an_event_type_that_nobody_is_ever_told_of_is_refused(world: World) -> None:
    wrong = BODY | {"event_types": ["meeting.schedule"]}
    problem = told(world.as_role("organiser").post("/v1/endpoints", wrong), 422)
    assert "meeting.scheduled" in problem["errors"][0]["detail"]


def test_the_api_description_says_how_event_types_are_written(world: World) -> None:
    described = told(world.as_role("organiser").get("/openapi.json"))
    body = described["components"]["schemas"]["RegisterEndpointBody"]
    said = body["properties"]["event_types"]["description"]
    for written in ("`*`", "`meeting.*`", "`meeting.scheduled`", "`meeting.scheduled.v1`"):
        assert written in said
