"""A guest erases all by the link in the mail: nothing of them is left, and that is certified."""

import re
from dataclasses import dataclass
from uuid import uuid4

from local.databases import connect
from tests.e2e.api import Json
from tests.e2e.installation import Installation, until
from tests.e2e.mails import Mail, mails
from tests.e2e.network import act, invite, new_network, plan_meeting
from tests.e2e.remains import KEYS, dumps, owner_url, published
from tests.security.canary import found, in_files


@dataclass(frozen=True)
class Guest:
    """Somebody with a name and an address that stand nowhere else."""

    installation: Installation
    meeting_id: str
    word: str
    id: str

    @property
    def words(self) -> list[bytes]:
        return [self.word.encode()]

    @property
    def registration(self) -> str:
        return f"/v1/meetings/{self.meeting_id}/registrations/{self.id}"

    def mails(self) -> list[Mail]:
        arrived = mails(self.installation, self.meeting_id)
        return [one for one in arrived if one.recipient == address(self.word)]

    def link(self) -> str:
        until(self.mails)
        body = self.mails()[0].message.get_body(("plain",))
        assert body is not None
        (link,) = re.findall(r"http\S+/r/ntl_\S+", body.get_content())
        return str(link)

    def certificate(self) -> Json:
        return self.installation.api("meetings").get(f"/v1/participants/{self.id}/erasure")

    def key(self) -> str | None:
        """In hexadecimal digits, as a dump has it."""
        with connect(owner_url(self.installation, "meetings", KEYS)) as keys:
            query = "SELECT encode(wrapped, 'hex') FROM person_keys WHERE person = %s"
            (row,) = keys.execute(query, [self.id]).fetchall()
            return None if row[0] is None else str(row[0])


def address(word: str) -> str:
    return f"{word}@example.org"


def registered(installation: Installation, meeting_id: str) -> Guest:
    word = f"kanarie{uuid4().hex}"
    body = {"side": "guest", "name": f"Gast {word}", "email": address(word)}
    path = f"/v1/meetings/{meeting_id}/registrations"
    made = installation.api("meetings").create(path, body)
    return Guest(installation, meeting_id, word, made["part"])


def test_a_guest_erases_all_by_the_link_in_the_mail(installation: Installation) -> None:
    network = new_network(installation, members=1)
    meeting_id = plan_meeting(installation, network)
    invite(installation, network, meeting_id, capacity=1)
    guest = registered(installation, meeting_id)
    # Who waits for the place hears of the meeting after the erasure.
    waiting = registered(installation, meeting_id)
    link, key = guest.link(), guest.key()
    assert key is not None
    before = dumps(installation)
    assert found(before["meetings known_people"], [guest.id.encode()])
    assert found(before["meetings person_keys"], [key.encode()])
    api = installation.api("meetings")
    assert guest.word in api.http.get(f"{link}/export").text
    (action,) = re.findall(r'action="([^"]+)"', api.http.get(link).text)
    assert api.http.post(f"{link.rpartition('/')[0]}/{action}").status_code == 200

    complete = until(lambda: (said := guest.certificate())["state"] == "complete" and said)
    assert [part["service"] for part in complete["parts"]] == ["meetings", "notifications"]
    # A cancellation would take the place of a confirmation that has not gone out.
    until(waiting.mails)
    act(installation, meeting_id, "cancel", {"reason": "Zu wenige Anmeldungen"})
    until(lambda: len(waiting.mails()) == 2)
    assert len(guest.mails()) == 1
    for name, content in (dumps(installation) | published(installation)).items():
        assert found(content, guest.words) == [], name
        assert key.encode() not in content, name
    assert found(dumps(installation)["meetings known_people"], [guest.id.encode()]) == []
    for folder in ("log", "postgres"):
        assert in_files(installation.folder / folder, guest.words) == {}
    assert found(dumps(installation)["meetings registrations"], [guest.id.encode()])


def test_the_read_models_of_both_services_know_a_guest_as_erased_when_they_are_built_anew(
    installation: Installation,
) -> None:
    network = new_network(installation, members=1)
    meeting_id = plan_meeting(installation, network)
    invite(installation, network, meeting_id)
    guest = registered(installation, meeting_id)
    (member,) = network.members.values()

    def told() -> int:
        return len([m for m in mails(installation, meeting_id) if m.recipient == member])

    until(lambda: guest.mails() and told())
    api = installation.api("meetings")
    assert api.post(f"/v1/participants/{guest.id}/erasure", {"reason": "request"}).is_success
    until(lambda: guest.certificate()["state"] == "complete")
    assert installation.command("meetings", "rebuild", "registrations").returncode == 0
    assert installation.command("notifications", "rebuild", "participants").returncode == 0
    shown = api.get(guest.registration)
    assert (shown["name"], shown["email"], shown["erased"]) == (None, None, True)
    act(installation, meeting_id, "cancel", {"reason": "Zu wenige Anmeldungen"})
    until(lambda: told() == 2)
    assert len(guest.mails()) == 1
