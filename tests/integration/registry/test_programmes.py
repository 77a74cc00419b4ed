"""Programmes, cohorts, participations, organisations and seats over HTTP."""

from typing import Any

import pytest

from tests.integration.registry.conftest import Callers, told
from tests.unit.registry.directory_lines import municipality, state

pytestmark = pytest.mark.usefixtures("directory")

UNKNOWN = "00000000-0000-4000-8000-000000000000"
COHORT = {"label": "2018/2019", "starts_year": 2018, "ends_year": 2019}
PFORZHEIM = {"kind": "municipality", "key": "08231000"}
BADEN_BADEN = {"kind": "municipality", "key": "08211000"}
TEXTS = ("challenge", "over_target_reason", "left_reason")
ESSLINGEN = {"kind": "district", "key": "08116"}


@pytest.fixture
def programme_id(callers: Callers) -> str:
    return callers.organiser.create("/v1/programmes", {"title": "Landesprogramm"})


@pytest.fixture
def cohort(callers: Callers, programme_id: str) -> str:
    """The path of a cohort for two."""
    path = f"/v1/programmes/{programme_id}/cohorts"
    body = {**COHORT, "participants_target": 2, "funding_cap_cents": 4_000_000}
    return f"/v1/cohorts/{callers.organiser.create(path, body)}"


def test_a_programme_keeps_what_is_open_open(callers: Callers) -> None:
    body = {"title": "Landesprogramm", "decided": "Anfang 2018"}
    programme = callers.organiser.create("/v1/programmes", body)
    shown = told(callers.as_role("moderator").get(f"/v1/programmes/{programme}"))
    assert (shown["decided"], shown["goal"], shown["funder"]) == ("Anfang 2018", None, None)


def test_a_cohort_has_a_cap_only_where_one_is_stated(
    callers: Callers, programme_id: str, cohort: str
) -> None:
    capped = told(callers.organiser.get(cohort))
    path = f"/v1/programmes/{programme_id}/cohorts"
    following = callers.organiser.create(
        path,
        {**COHORT, "label": "2020/2021", "predecessor_id": capped["cohort_id"]},
    )
    shown = told(callers.organiser.get(f"/v1/cohorts/{following}"))
    assert (capped["funding_cap_cents"], shown["funding_cap_cents"]) == (4_000_000, None)
    assert shown["predecessor_id"] == capped["cohort_id"]
    assert len(told(callers.organiser.get(path))["items"]) == 2


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"ends_year": 2017}, "#/ends_year"),
        ({"ends_year": "2019"}, "#/ends_year"),
        ({"funding_cap_cents": 40_000.01}, "#/funding_cap_cents"),
        ({"funding_cap_cents": -1}, "#/funding_cap_cents"),
        ({"participants_target": 10**30}, "#/participants_target"),
        ({"predecessor_id": UNKNOWN}, "#/predecessor_id"),
        ({"label": "a\u202eb"}, "#/label"),
        ({"version": 1}, "#/version"),
    ],
)
def test_a_cohort_that_cannot_be_is_refused_with_its_place(
    callers: Callers, programme_id: str, change: dict[str, Any], pointer: str
) -> None:
    path = f"/v1/programmes/{programme_id}/cohorts"
    problem = told(callers.organiser.post(path, {**COHORT, **change}), 422)
    assert problem["errors"][0]["pointer"] == pointer


def test_a_cohort_follows_one_of_its_own_programme(callers: Callers, cohort: str) -> None:
    other = callers.organiser.create("/v1/programmes", {"title": "Anderes Programm"})
    body = {**COHORT, "predecessor_id": cohort.rpartition("/")[2]}
    problem = told(callers.organiser.post(f"/v1/programmes/{other}/cohorts", body), 422)
    assert problem["errors"][0]["pointer"] == "#/predecessor_id"


def test_nothing_is_planned_in_an_unknown_programme(callers: Callers) -> None:
    path = f"/v1/programmes/{UNKNOWN}/cohorts"
    assert callers.organiser.post(path, COHORT).status_code == 404
    assert callers.organiser.get(path).status_code == 404


def test_a_municipality_and_a_district_take_part_and_are_counted(
    callers: Callers, cohort: str
) -> None:
    for party in (PFORZHEIM, ESSLINGEN):
        callers.organiser.create(f"{cohort}/participations", {"party": party})
    listed = told(callers.organiser.get(f"{cohort}/participations"))["items"]
    assert [item["party"] for item in listed] == [ESSLINGEN, PFORZHEIM]
    assert told(callers.organiser.get(cohort))["participants_count"] == 2


def test_an_unknown_key_takes_no_part(callers: Callers, cohort: str) -> None:
    body = {"party": {"kind": "municipality", "key": "08999999"}}
    problem = told(callers.organiser.post(f"{cohort}/participations", body), 422)
    assert (problem["code"], problem["errors"][0]["pointer"]) == (
        "unknown-municipality",
        "#/party/key",
    )


def test_what_the_directory_lists_no_more_takes_no_part(callers: Callers, cohort: str) -> None:
    listed = "\n".join((state("09"), municipality(ags="09999001", name="Gestern")))
    gone = state("09")
    for content in (listed, gone):
        location = callers.operator.upload(content.encode()).headers["Location"]
        told(callers.operator.post(f"{location}/apply"))
    body = {"party": {"kind": "municipality", "key": "09999001"}}
    problem = told(callers.organiser.post(f"{cohort}/participations", body), 422)
    assert problem["code"] == "unknown-municipality"


def test_a_second_participation_in_one_cohort_is_refused(callers: Callers, cohort: str) -> None:
    path = f"{cohort}/participations"
    callers.organiser.create(path, {"party": PFORZHEIM})
    problem = told(callers.organiser.post(path, {"party": PFORZHEIM}), 409)
    assert problem["code"] == "already-taking-part"


def test_the_same_key_sent_again_makes_one_participation(callers: Callers, cohort: str) -> None:
    answers = [
        told(
            callers.organiser.post(
                f"{cohort}/participations",
                {"party": PFORZHEIM},
                **{"Idempotency-Key": f'"{cohort}"'},
            ),
            201,
        )
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert told(callers.organiser.get(cohort))["participants_count"] == 1


def test_more_than_the_target_need_a_reason_that_is_kept(callers: Callers, cohort: str) -> None:
    path = f"{cohort}/participations"
    for party in (PFORZHEIM, ESSLINGEN):
        callers.organiser.create(path, {"party": party})
    problem = told(callers.organiser.post(path, {"party": BADEN_BADEN}), 409)
    assert problem["code"] == "target-reached"
    third = callers.organiser.create(
        path, {"party": BADEN_BADEN, "over_target_reason": "Nachrückerin"}
    )
    assert told(callers.organiser.get(f"{path}/{third}"))["over_target_reason"] == "Nachrückerin"


def test_who_leaves_is_listed_as_left_and_may_come_back(callers: Callers, cohort: str) -> None:
    path = f"{cohort}/participations"
    first = callers.organiser.create(path, {"party": PFORZHEIM})
    left = callers.organiser.change(f"{path}/{first}/departure", cohort, {"reason": "Beschluss"})
    told(left)
    items = told(callers.organiser.get(f"{path}?status=left"))["items"]
    assert [(item["participation_id"], item["left_reason"]) for item in items] == [
        (first, "Beschluss")
    ]
    callers.organiser.create(path, {"party": PFORZHEIM})


@pytest.mark.parametrize(
    ("role", "tenant", "reads"),
    [
        ("organiser", None, True),
        ("steering_group", None, True),
        ("operator", None, True),
        ("municipality", PFORZHEIM["key"], True),
        ("municipality", BADEN_BADEN["key"], False),
        ("district", PFORZHEIM["key"][:5], True),
        ("district", ESSLINGEN["key"], False),
        ("moderator", None, False),
        ("service", None, False),
    ],
)
def test_challenge_and_reasons_are_for_those_who_decide_and_the_participant_itself(
    callers: Callers, cohort: str, role: str, tenant: str | None, *, reads: bool
) -> None:
    path = f"{cohort}/participations"
    for party in (ESSLINGEN, BADEN_BADEN):
        callers.organiser.create(path, {"party": party})
    texts = {"challenge": "Neue Nachbarschaften", "over_target_reason": "Nachrückerin"}
    one = f"{path}/{callers.organiser.create(path, {'party': PFORZHEIM, **texts})}"
    told(callers.organiser.change(f"{one}/departure", cohort, {"reason": "Beschluss"}))
    meant = {**texts, "left_reason": "Beschluss"} if reads else dict.fromkeys(TEXTS)
    caller = callers.as_role(role, tenant)
    (listed,) = told(caller.get(f"{path}?status=left"))["items"]
    for shown in (told(caller.get(one)), listed):
        assert {name: shown[name] for name in TEXTS} == meant
        assert (shown["party"], shown["status"]) == (PFORZHEIM, "left")


def test_a_district_reads_what_is_its_own(callers: Callers, cohort: str) -> None:
    path = f"{cohort}/participations"
    one = callers.organiser.create(path, {"party": ESSLINGEN, "challenge": "Wege"})
    own, city = callers.as_role("district", "08116"), callers.as_role("municipality", "08116000")
    assert told(own.get(f"{path}/{one}"))["challenge"] == "Wege"
    assert told(city.get(f"{path}/{one}"))["challenge"] is None


def test_an_organisation_stands_at_a_known_municipality_or_at_none(callers: Callers) -> None:
    body = {"name": "Städtetag", "kind": "local_authority_association"}
    callers.organiser.create("/v1/organisations", body)
    for ags in ("08999999", "8231000", "08231000x", "٠٨٢٣١٠٠٠", 8231000):
        problem = told(callers.organiser.post("/v1/organisations", {**body, "ags": ags}), 422)
        assert problem["errors"][0]["pointer"] == "#/ags"
    found = told(callers.organiser.get("/v1/organisations?name=STÄDTE&active=true"))["items"]
    assert [item["name"] for item in found] == ["Städtetag"]


def test_an_archived_organisation_is_good_for_nothing_new(
    callers: Callers, programme_id: str
) -> None:
    organisation = callers.organiser.create(
        "/v1/organisations", {"name": "Verein", "kind": "association"}
    )
    path = f"/v1/organisations/{organisation}"
    told(callers.organiser.change(f"{path}/archive", path, {"reason": "aufgelöst"}))
    seat = {"organisation_id": organisation, "role": "Vertretung"}
    problem = told(callers.organiser.post(f"/v1/programmes/{programme_id}/seats", seat), 422)
    assert problem["code"] == "unknown-organisation"


def test_a_seat_is_filled_by_its_organisation_and_vacated(
    callers: Callers, programme_id: str
) -> None:
    organisation, other = (
        callers.organiser.create("/v1/organisations", {"name": name, "kind": "ministry"})
        for name in ("Ministerium", "Staatsministerium")
    )
    own, foreign = (
        callers.organiser.create(
            "/v1/contacts",
            {
                "party": {"kind": "organisation", "key": key.upper()},
                "role": "Referat",
                "purpose": "Steuerungsgruppe",
            },
        )
        for key in (organisation, other)
    )
    seats = f"/v1/programmes/{programme_id}/seats"
    seat = {"organisation_id": organisation, "role": "Vertretung"}
    path = f"/v1/seats/{callers.organiser.create(seats, seat)}"

    def fill(contact: str) -> Any:
        return callers.organiser.change(f"{path}/appointment", path, {"contact_id": contact})

    assert told(fill(foreign), 422)["code"] == "foreign-contact"
    told(fill(own))
    assert told(fill(own), 409)["code"] == "seat-taken"
    assert told(callers.organiser.get(seats))["items"][0]["contact_id"] == own
    told(callers.organiser.change(f"{path}/vacancy", path, {"reason": "Stellenwechsel"}))
    assert told(callers.organiser.get(path))["contact_id"] is None


@pytest.mark.parametrize("role", ["steering_group", "moderator", "service", "operator"])
def test_only_the_organiser_changes_the_network(callers: Callers, role: str, cohort: str) -> None:
    caller = callers.as_role(role)
    assert caller.post("/v1/programmes", {"title": "x"}).status_code == 403
    assert caller.post(f"{cohort}/participations", {"party": PFORZHEIM}).status_code == 403
    assert caller.get(cohort).status_code == 200
