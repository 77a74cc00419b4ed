"""A cohort of the registry meets: from the vague idea to the documentation, in three services."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.e2e.api import Api, told
from tests.e2e.installation import Installation, until
from tests.e2e.mails import Mail, mails
from tests.e2e.network import act, contact_of

KASSEL = "06611000"
PARTY = {"kind": "municipality", "key": KASSEL}
STARTS_AT = datetime(2031, 5, 8, 8, tzinfo=UTC)
TIME = {
    "starts_at": STARTS_AT.isoformat(),
    "ends_at": (STARTS_AT + timedelta(hours=4)).isoformat(),
}
AGENDA = [
    {"title": "Begrüßung", "kind": "welcome", "starts_at": TIME["starts_at"]},
    {"title": "Berichte aus den Kommunen", "kind": "exchange"},
]
STORIES = [
    {"section": "motivation", "statement": "Ankommen gelingt gemeinsam (erfunden)."},
    {"section": "benefit", "statement": "Vereine gewinnen Mitglieder (erfunden)."},
]


def cohort_of_kassel(registry: Api) -> tuple[str, str]:
    """A new programme with a cohort in which Kassel takes part; the ids of both."""
    programme_id = registry.create("/v1/programmes", {"title": f"Programm {uuid4()}"})["id"]
    body = {"label": "Kohorte 2031", "starts_year": 2031, "ends_year": 2032}
    path = f"/v1/programmes/{programme_id}/cohorts"
    cohort_id = registry.create(path, body)["id"]
    registry.create(f"/v1/cohorts/{cohort_id}/participations", {"party": PARTY})
    return programme_id, cohort_id


def prepared(meetings: Api, programme_id: str, cohort_id: str) -> str:
    """A meeting that begins as an idea and gets date, host and agenda; returns its address."""
    idea = {
        "kind": "network_meeting",
        "title": "Netzwerktreffen der Kohorte 2031 (erfunden)",
        "programme_id": programme_id,
        "cohort_id": cohort_id,
        "vague_date": "Frühjahr 2031",
    }
    path = f"/v1/meetings/{meetings.create('/v1/meetings', idea)['id']}"
    assert meetings.get(path)["state"] == "idea"
    meetings.change("POST", f"{path}/schedule", TIME, of=path)
    place = {"host_ags": KASSEL, "venue": "Rathaus"}
    meetings.change("PUT", f"{path}/place", place, of=path)
    meetings.change("PUT", f"{path}/agenda", {"items": AGENDA}, of=path)
    return path


def mail_to(installation: Installation, path: str, address: str) -> Mail:
    def found() -> list[Mail]:
        arrived = mails(installation, path.rpartition("/")[2])
        return [mail for mail in arrived if mail.recipient == address]

    return until(found)[0]


def standings(meetings: Api, path: str) -> dict[str, str]:
    shown = meetings.items(f"{path}/registrations")
    return {one["participant_id"]: one["standing"] for one in shown}


def test_a_cohort_meets_from_the_idea_to_the_documentation(installation: Installation) -> None:
    registry, meetings = installation.api("registry"), installation.api("meetings")
    programme_id, cohort_id = cohort_of_kassel(registry)
    contact = contact_of(PARTY)
    contact_id = registry.create("/v1/contacts", contact)["id"]
    path = prepared(meetings, programme_id, cohort_id)

    invited = {"audience": [{"kind": "cohort", "id": cohort_id}], "capacity": 1}
    meetings.change("POST", f"{path}/open-invitations", invited, of=path)
    assert mail_to(installation, path, contact["email"]).event["LOCATION"] == "Rathaus"

    guest = {"side": "guest", "name": "Gast", "email": f"{uuid4()}@example.org"}
    of_contact = {"side": "administration", "contact_id": contact_id}
    first = meetings.create(f"{path}/registrations", of_contact)["part"]
    second = meetings.create(f"{path}/registrations", guest)["part"]
    assert standings(meetings, path) == {first: "registered", second: "waitlisted"}

    told(meetings.post(f"{path}/registrations/{first}/withdraw"))
    assert standings(meetings, path) == {first: "withdrawn", second: "registered"}
    confirmed = mail_to(installation, path, guest["email"])
    assert confirmed.event["ATTENDEE"].params["PARTSTAT"] == "ACCEPTED"

    told(meetings.post(f"{path}/registrations/{second}/check-in"))
    hold_and_document(installation, path)
    shown = meetings.get(path)
    assert shown["state"] == "documented"
    assert shown["attendance"] == {
        "announced": {"count": 20, "approximate": True, "source": "Einladung"},
        "registered": 1,
        "waitlisted": 0,
        "checked_in": 1,
        "counted": {"count": 2, "source": "Zählung im Saal"},
    }
    assert shown["results"]["stories"] == len(STORIES)
    assert [item["title"] for item in shown["agenda"]] == [item["title"] for item in AGENDA]


def hold_and_document(installation: Installation, path: str) -> None:
    """Run the meeting to its end, and write down what came of it."""
    meetings, meeting_id = installation.api("meetings"), path.rpartition("/")[2]
    announced = {"count": 20, "approximate": True, "source": "Einladung"}
    meetings.change("PUT", f"{path}/attendance/announced", announced, of=path)
    act(installation, meeting_id, "close-registration")
    act(installation, meeting_id, "start", {})
    meetings.create(f"{path}/stories", {"statements": STORIES})
    counted = {"count": 2, "source": "Zählung im Saal"}
    meetings.change("PUT", f"{path}/attendance/counted", counted, of=path)
    act(installation, meeting_id, "end", {})
    act(installation, meeting_id, "publish-results", {"author_role": "Projektbegleiter:in"})
