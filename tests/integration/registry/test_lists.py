"""What the register's lists are narrowed by and sorted by."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.integration.registry.conftest import Callers, told

PFORZHEIM, BADEN_BADEN = ({"kind": "municipality", "key": key} for key in ("08231000", "08211000"))


@dataclass(frozen=True)
class Lists:
    """Addresses of lists with something in them."""

    cohorts: str
    participations: str
    seats: str


@pytest.fixture(scope="module")
def lists(callers: Callers, directory: None) -> Lists:  # noqa: ARG001  (imported before)
    organiser = callers.organiser
    programme = f"/v1/programmes/{organiser.create('/v1/programmes', {'title': 'Listen'})}"
    for first in (2020, 2018, 2019):
        body = {"label": f"Runde {first}", "starts_year": first, "ends_year": first + 1}
        cohort_id = organiser.create(f"{programme}/cohorts", body)
    participations = f"/v1/cohorts/{cohort_id}/participations"
    for party in (PFORZHEIM, BADEN_BADEN):
        told(organiser.post(participations, {"party": party}), 201)
    church = {"name": "Kirche der Straße", "kind": "church"}
    organisation = organiser.create("/v1/organisations", church)
    seats = f"{programme}/seats"
    held, _ = (
        organiser.create(seats, {"organisation_id": organisation, "role": role})
        for role in ("Leitung", "Beirat")
    )
    party = {"kind": "organisation", "key": organisation}
    contact = {"party": party, "role": "Leitung (Stab)", "purpose": "Netzwerk"}
    told(
        organiser.change(
            f"/v1/seats/{held}/appointment",
            f"/v1/seats/{held}",
            {"contact_id": organiser.create("/v1/contacts", contact)},
        )
    )
    return Lists(f"{programme}/cohorts", participations, seats)


def values(callers: Callers, path: str, name: str, role: str = "organiser") -> list[Any]:
    return [item[name] for item in told(callers.as_role(role).get(path))["items"]]


@pytest.mark.parametrize(
    ("path", "field", "rest"),
    [
        ("/v1/organisations", "name", {"kind": "company"}),
        ("/v1/programmes", "title", {}),
    ],
)
def test_names_stand_as_in_a_dictionary_and_pages_follow(
    callers: Callers, path: str, field: str, rest: dict[str, str]
) -> None:
    names = ["Bühne", "Buhnen", "buhnenwerk", "Maß", "Masse", "maßvoll", "Öl", "Zelle"]
    for name in reversed(names):
        callers.organiser.create(path, {field: name, **rest})
    for way, expected in ((field, names), (f"-{field}", names[::-1])):
        found = walked(callers, f"{path}?limit=1&sort={way}", field)
        assert [name for name in found if name in names] == expected


def walked(callers: Callers, path: str, field: str) -> list[Any]:
    """A field of all items, page by page."""
    page = told(callers.organiser.get(path))
    found = [item[field] for item in page["items"]]
    while page["next"]:
        page = told(callers.organiser.get(f"{path}&cursor={page['next']}"))
        found += [item[field] for item in page["items"]]
    return found


def test_cohorts_are_found_by_a_year_of_theirs_and_sorted(callers: Callers, lists: Lists) -> None:
    def years(query: str) -> list[Any]:
        return values(callers, f"{lists.cohorts}?{query}", "starts_year")

    assert years("") == [2018, 2019, 2020]
    assert years("sort=-starts_year") == [2020, 2019, 2018]
    assert years("year=2019&sort=label") == [2018, 2019]
    assert years("year=2030") == []
    assert callers.organiser.get(f"{lists.cohorts}?year=٢٠١٩").status_code == 422


def test_participations_are_found_by_party_and_time(callers: Callers, lists: Lists) -> None:
    def parties(query: str) -> list[Any]:
        found = values(callers, f"{lists.participations}?{query}", "party")
        return [party["key"] for party in found]

    assert parties("") == ["08211000", "08231000"]
    assert parties("sort=accepted_at") == ["08231000", "08211000"]
    assert parties("party_kind=municipality&party_key=08231000") == ["08231000"]
    assert parties("status=accepted&since=2020-01-01T00:00:00Z&sort=-party") == [
        "08231000",
        "08211000",
    ]
    assert parties("since=2198-01-01T00:00:00Z") == []
    assert parties("status=left") == []


def test_seats_are_found_by_whether_somebody_holds_them(callers: Callers, lists: Lists) -> None:
    assert values(callers, lists.seats, "role") == ["Beirat", "Leitung"]
    assert values(callers, f"{lists.seats}?vacant=true", "role") == ["Beirat"]
    assert values(callers, f"{lists.seats}?vacant=false", "role") == ["Leitung"]


@pytest.mark.usefixtures("lists")
def test_contacts_are_found_by_a_part_of_their_role(callers: Callers) -> None:
    assert values(callers, "/v1/contacts?role=STAB", "role") == ["Leitung (Stab)"]
    assert values(callers, "/v1/contacts?role=%25%25", "role") == []


@pytest.mark.usefixtures("lists")
def test_names_are_found_in_any_case_and_form(callers: Callers) -> None:
    found = values(callers, "/v1/organisations?name=STRASSE&kind=church", "name")
    assert found == ["Kirche der Straße"]
    assert values(callers, "/v1/municipalities?name=PFORZ", "ags") == ["08231000"]


@pytest.mark.usefixtures("lists")
def test_municipalities_are_sorted_by_name_and_population(callers: Callers) -> None:
    names = values(callers, "/v1/municipalities?sort=name", "name")
    assert names == sorted(names)
    people = values(callers, "/v1/municipalities?sort=-population", "population")
    assert people == sorted(people, reverse=True)


def test_clients_are_found_by_role_and_tenant(callers: Callers) -> None:
    for role, tenant in (("municipality", "08211000"), ("district", "08116")):
        body = {"name": f"Werkzeug {role}", "role": role, "tenant": tenant}
        told(callers.operator.post("/v1/clients", body), 201)
    path = "/v1/clients?role=municipality&tenant=08211000&active=true&sort=-name"
    assert values(callers, path, "name", "operator") == ["Werkzeug municipality"]
