"""What arrives in people's mail and calendars, from the first invitation to the cancellation."""

import re
from collections.abc import Collection
from datetime import timedelta

import vobject

from tests.e2e.api import Json, told
from tests.e2e.installation import Installation, until
from tests.e2e.mails import Mail, mails
from tests.e2e.network import (
    ENDS_AT,
    STARTS_AT,
    Network,
    act,
    invite,
    new_member,
    new_network,
    plan_meeting,
)

UPCOMING = "Netzwerktreffen der Beispielkohorte (erfunden)"
INVITED = {
    "integration.baden-baden@example.org",
    "amtsleitung.baden-baden@example.org",
    "integration.winnenden@example.org",
    "integration.lk-heidenheim@example.org",
    "integration.musterstadt@example.org",
    "rathaus.beispielhausen@example.org",
    "steuerungsgruppe.sozialministerium@example.org",
    "steuerungsgruppe.staatsministerium@example.org",
    "steuerungsgruppe.migrantenorganisationen@example.org",
    "fachberatung.staedtetag@example.org",
    "fachberatung.landkreistag@example.org",
    "fachberatung.gemeindetag@example.org",
}
NEW_START = STARTS_AT + timedelta(weeks=1)
WEEK_LATER = {
    "starts_at": NEW_START.isoformat(),
    "ends_at": (ENDS_AT + timedelta(weeks=1)).isoformat(),
    "reason": "Der Saal ist belegt.",
}
# What the mails of one meeting say beside the facts, by the sequence of its calendar entry.
REASONS = (
    "Fragen und Anmeldung:",
    "Grund: Der Saal ist belegt.",
    "Grund: Schneefall",
    "Grund: Zu wenige Anmeldungen",
)


def of_example(installation: Installation, **wanted: object) -> Json:
    items = installation.api("meetings").items("/v1/meetings")
    (found,) = [item for item in items if item | wanted == item]
    return found


def arrived(
    installation: Installation, meeting_id: str, sequence: int, to: Collection[str]
) -> list[Mail]:
    """The mails of one version of the calendar entry, once everybody has theirs."""

    def version() -> list[Mail]:
        found = mails(installation, meeting_id)
        return [mail for mail in found if mail.sequence == sequence]

    until(lambda: {mail.recipient for mail in version()} >= set(to))
    return version()


def logged(installation: Installation, meeting_id: str) -> list[tuple[str, str, int]]:
    """The delivery log of a meeting, once nothing is on its way: recipient, notice, sequence."""
    api = installation.api("notifications")

    def log() -> list[Json]:
        return api.items("/v1/deliveries", meeting_id=meeting_id, channel="mail")

    until(lambda: {one["state"] for one in log()} == {"delivered"})
    return [(one["recipient_id"], one["notice"], one["sequence"]) for one in log()]


def test_every_invited_contact_of_the_example_has_one_invitation(
    installation: Installation,
) -> None:
    meeting_id = of_example(installation, title=UPCOMING)["meeting_id"]
    invitations = arrived(installation, meeting_id, 0, INVITED)
    # Guests whom other tests registered have confirmations of their own.
    found = sorted(mail.recipient for mail in invitations if mail.recipient in INVITED)
    assert found == sorted(INVITED)


def test_an_invitation_is_a_request_that_calendars_accept(installation: Installation) -> None:
    meeting = of_example(installation, title=UPCOMING)
    for mail in arrived(installation, meeting["meeting_id"], 0, INVITED):
        assert mail.part.get_param("method") == mail.method == "REQUEST"
        assert mail.event["UID"] == f"{meeting['meeting_id']}@example.org"
        assert mail.event["DTSTART"].dt.isoformat() == meeting["starts_at"]
        assert mail.event["DTSTART"].params["TZID"] == "Europe/Berlin"
        assert mail.event["ATTENDEE"] == f"mailto:{mail.recipient}"
        assert mail.event["ATTENDEE"].params["RSVP"] == "FALSE"
        assert mail.event["ORGANIZER"] == "mailto:netztreff@example.org"


def test_another_calendar_library_reads_the_same(installation: Installation) -> None:
    meeting = of_example(installation, title=UPCOMING)
    for mail in arrived(installation, meeting["meeting_id"], 0, INVITED):
        read = vobject.readOne(mail.calendar_text)
        assert read.method.value == "REQUEST"
        assert read.vevent.dtstart.value.isoformat() == meeting["starts_at"]
        assert read.vevent.attendee.value == f"mailto:{mail.recipient}"


def test_nobody_is_invited_by_history(installation: Installation) -> None:
    recorded = of_example(installation, recorded_afterwards=True)["meeting_id"]
    assert mails(installation, recorded) == []
    log = installation.api("notifications").items("/v1/deliveries", meeting_id=recorded)
    assert [one for one in log if one["channel"] == "mail"] == []


def test_a_new_date_a_new_mode_and_the_end_reach_the_same_calendar_entry(
    installation: Installation,
) -> None:
    network = new_network(installation, members=2)
    meeting_id = plan_meeting(installation, network)
    people = network.members.values()
    invite(installation, network, meeting_id)
    seen = arrived(installation, meeting_id, 0, people)
    act(installation, meeting_id, "reschedule", WEEK_LATER)
    seen += arrived(installation, meeting_id, 1, people)
    act(installation, meeting_id, "change-mode", {"mode": "digital", "reason": "Schneefall"})
    seen += arrived(installation, meeting_id, 2, people)
    act(installation, meeting_id, "cancel", {"reason": "Zu wenige Anmeldungen"})
    seen += arrived(installation, meeting_id, 3, people)

    assert {str(mail.event["UID"]) for mail in seen} == {f"{meeting_id}@example.org"}
    assert {str(mail.event["ORGANIZER"]) for mail in seen} == {"mailto:netztreff@example.org"}
    for mail in seen:
        ended = mail.sequence == 3
        assert mail.part.get_param("method") == mail.method == ("CANCEL" if ended else "REQUEST")
        assert mail.event["STATUS"] == ("CANCELLED" if ended else "CONFIRMED")
        assert mail.event["DTSTART"].dt == (NEW_START if mail.sequence else STARTS_AT)
        assert REASONS[mail.sequence] in words(mail)
    assert sorted(logged(installation, meeting_id)) == sorted(expected_log(network))


def words(mail: Mail) -> str:
    body = mail.message.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def expected_log(network: Network) -> list[tuple[str, str, int]]:
    notices = ["invitation", "update", "update", "cancellation"]
    return [
        (contact_id, notice, sequence)
        for contact_id in network.members
        for sequence, notice in enumerate(notices)
    ]


def test_the_delivery_log_answers_for_a_recipient(installation: Installation) -> None:
    network = new_network(installation, members=1)
    meeting_id = plan_meeting(installation, network)
    invite(installation, network, meeting_id)
    ((contact_id, address),) = network.members.items()
    (mail,) = arrived(installation, meeting_id, 0, [address])
    logged(installation, meeting_id)
    api = installation.api("notifications", "operator")
    (delivery,) = api.items("/v1/deliveries", recipient_id=contact_id)
    assert (delivery["meeting_id"], delivery["state"]) == (meeting_id, "delivered")
    assert mail.message_id == f"<{delivery['delivery_id']}@example.org>"


def test_a_guest_who_withdraws_has_the_entry_taken_away_and_given_back_by_registering_again(
    installation: Installation,
) -> None:
    network = new_network(installation, members=1)
    meeting_id = plan_meeting(installation, network)
    invite(installation, network, meeting_id)
    api, path = installation.api("meetings"), f"/v1/meetings/{meeting_id}/registrations"
    email = "gast@example.org"
    guest = {"side": "guest", "name": "Gast (erfunden)", "email": email}

    def entries(count: int) -> list[tuple[str, int]]:
        def to_guest() -> list[Mail]:
            return [one for one in mails(installation, meeting_id) if one.recipient == email]

        until(lambda: len(to_guest()) >= count)
        return [(one.method, one.sequence) for one in to_guest()]

    participant = api.create(path, guest)["part"]
    assert entries(1) == [("REQUEST", 0)]
    told(api.post(f"{path}/{participant}/withdraw"))
    assert entries(2) == [("REQUEST", 0), ("CANCEL", 1)]
    assert api.create(path, guest)["part"] == participant
    assert entries(3) == [("REQUEST", 0), ("CANCEL", 1), ("REQUEST", 2)]


def test_a_contact_gives_the_place_back_by_the_link_in_the_mail(
    installation: Installation,
) -> None:
    network = new_network(installation, members=1)
    ((contact_id, address),) = network.members.items()
    meeting_id = plan_meeting(installation, network)
    invite(installation, network, meeting_id)
    arrived(installation, meeting_id, 0, [address])
    api, path = installation.api("meetings"), f"/v1/meetings/{meeting_id}/registrations"
    body = {"side": "civic_engagement", "contact_id": contact_id}
    participant = api.create(path, body)["part"]

    def told_of(notice: str) -> Mail | None:
        found = [mail for mail in mails(installation, meeting_id) if notice in subject_of(mail)]
        return found[-1] if found else None

    until(lambda: told_of("Anmeldung bestätigt") is not None)
    confirmed = told_of("Anmeldung bestätigt")
    assert confirmed is not None
    (link,) = re.findall(r"http\S+/r/ntl_\S+", words(confirmed))
    page = api.http.get(link)
    assert (page.status_code, "Sie sind angemeldet" in page.text) == (200, True)
    assert "Sie sind abgemeldet" in api.http.post(link).text
    until(lambda: told_of("Abmeldung bestätigt") is not None)
    assert api.get(f"{path}/{participant}")["standing"] == "withdrawn"


def subject_of(mail: Mail) -> str:
    return str(mail.message["Subject"])


def test_who_becomes_a_member_later_is_invited_later(installation: Installation) -> None:
    network = new_network(installation, members=1)
    meeting_id = plan_meeting(installation, network)
    invite(installation, network, meeting_id)
    logged(installation, meeting_id)
    new_id, address = new_member(installation, network.programme_id, network.organisation_id)
    arrived(installation, meeting_id, 0, [address])
    assert {recipient for recipient, *_ in logged(installation, meeting_id)} == {
        *network.members,
        new_id,
    }
