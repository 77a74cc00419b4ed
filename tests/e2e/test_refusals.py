"""Rules of the network are refused in words that a person can act on, with the place they mean."""

from uuid import uuid4

from tests.e2e.api import Api, Json, problem
from tests.e2e.installation import Installation

NOWHERE = "00000000"
HILDESHEIM = {"kind": "municipality", "key": "03254021"}


def pointers(refused: Json) -> list[str]:
    return [fault["pointer"] for fault in refused["errors"]]


def new_cohort(registry: Api) -> str:
    """The address of its participations."""
    programme_id = registry.create("/v1/programmes", {"title": f"Programm {uuid4()}"})["id"]
    body = {"label": "Kohorte", "starts_year": 2031, "ends_year": 2032}
    made = registry.create(f"/v1/programmes/{programme_id}/cohorts", body)
    return f"/v1/cohorts/{made['id']}/participations"


def test_a_municipality_that_is_not_in_the_directory_takes_no_part(
    installation: Installation,
) -> None:
    registry = installation.api("registry")
    body = {"party": {"kind": "municipality", "key": NOWHERE}}
    refused = problem(registry.post(new_cohort(registry), body), 422)
    assert (refused["code"], pointers(refused)) == ("unknown-municipality", ["#/party/key"])


def test_a_municipality_that_is_not_in_the_directory_hosts_nothing(
    installation: Installation,
) -> None:
    body = {"kind": "network_meeting", "title": "Treffen", "host_ags": NOWHERE}
    refused = problem(installation.api("meetings").post("/v1/meetings", body), 422)
    assert (refused["code"], pointers(refused)) == ("unknown-municipality", ["#/host_ags"])


def test_nobody_takes_part_in_a_cohort_twice(installation: Installation) -> None:
    registry = installation.api("registry")
    path = new_cohort(registry)
    registry.create(path, {"party": HILDESHEIM})
    refused = problem(registry.post(path, {"party": HILDESHEIM}), 409)
    assert refused["code"] == "already-taking-part"
    assert len(registry.items(path)) == 1


def test_a_contact_has_a_role(installation: Installation) -> None:
    body = {"party": HILDESHEIM, "purpose": "Einladungen"}
    refused = problem(installation.api("registry").post("/v1/contacts", body), 422)
    assert (refused["code"], pointers(refused)) == ("invalid", ["#/role"])


def test_a_meeting_of_the_past_is_recorded_and_not_planned(installation: Installation) -> None:
    body = {
        "kind": "network_meeting",
        "title": "Treffen",
        "starts_at": "2020-10-16T14:00:00+02:00",
        "ends_at": "2020-10-16T17:00:00+02:00",
    }
    refused = problem(installation.api("meetings").post("/v1/meetings", body), 422)
    assert pointers(refused) == ["#/starts_at"]


def test_a_municipality_does_not_plan_meetings_of_the_network(installation: Installation) -> None:
    meetings = installation.api("meetings", "municipality")
    refused = problem(meetings.post("/v1/meetings", {}), 403)
    assert refused["code"] == "forbidden"
