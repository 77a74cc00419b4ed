"""Objects of every kind, of every party: what the matrix asks for, changes, and must not see."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from eventkit.database import driver, session
from tests.security.matrix_planted import lost, moved, parked, parked_action
from tests.security.site import Site, Who, create
from tests.unit.registry.directory_lines import district, municipality

# The municipality and district of the matrix, the others, and one that changes sides.
OWN, FOREIGN, MOVED, LEAVING = "08116019", "08119085", "08116070", "08116071"
DISTRICT, OTHER_DISTRICT = "08116", "08119"
ABSENT_KEYS = {"ags": "08116999", "district_key": "08999", "parked_id": "4711"}
ORGANISER, OPERATOR = Who("organiser"), Who("operator")
Arguments = dict[str, str]
STARTS_AT = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0)
TIME = {
    "starts_at": STARTS_AT.isoformat(),
    "ends_at": (STARTS_AT + timedelta(hours=3)).isoformat(),
}
LATER = {
    "starts_at": (STARTS_AT + timedelta(days=1)).isoformat(),
    "ends_at": (STARTS_AT + timedelta(days=1, hours=3)).isoformat(),
}
PAST = datetime(2024, 5, 20, 12, tzinfo=UTC)
DIRECTORY = "\n".join(
    [
        district(DISTRICT, "Esslingen"),
        district(OTHER_DISTRICT),
        municipality(ags=OWN, association="0000", name="Esslingen am Neckar, Stadt"),
        municipality(ags=FOREIGN, association="5006"),
        municipality(ags=MOVED, association="0000", name="Neuffen, Stadt"),
        municipality(ags=LEAVING, association="0000", name="Plochingen, Stadt"),
    ]
).encode()


def party(key: str) -> dict[str, str]:
    return {"kind": "municipality" if len(key) == 8 else "district", "key": key}


@dataclass
class World:
    """An installation with something in it. `fresh` makes one more thing of a kind."""

    site: Site
    known: dict[str, Arguments] = field(default_factory=dict)
    kept: dict[tuple[str, str], Arguments] = field(default_factory=dict)
    # Addresses of people who are erased by now.
    forgotten: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        uploaded = self.ask("registry", "/v1/municipalities/imports", content=DIRECTORY)
        self.known["upload"] = {"upload_id": uploaded["id"]}
        self.ask("registry", f"/v1/municipalities/imports/{uploaded['id']}/apply", json=None)
        self.programme = self.make("registry", "/v1/programmes", {"title": "Integration"})
        self.cohort = self._cohort()
        self.site.settle()

    def ask(self, service: str, path: str, method: str = "POST", **sent: Any) -> Any:
        """As the organiser, and it must go well."""
        headers = sent.pop("headers", {})
        if "content" in sent:
            headers |= {"Content-Type": "text/plain"}
        answer = self.site.ask(ORGANISER, service, method, path, headers=headers, **sent)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def make(self, service: str, path: str, body: Any, who: Who = ORGANISER) -> str:
        return create(self.site, who, service, path, body)

    def fresh(self, kind: str, key: str = OWN) -> Arguments:
        """A new thing of this kind, of the municipality or district with this key."""
        return MAKERS[kind](self, key)

    def of(self, kind: str, key: str = OWN) -> Arguments:
        """A thing that stays as it is; made when it is first asked for."""
        if kind in self.known:
            return self.known[kind]
        if (kind, key) not in self.kept:
            self.kept[kind, key] = self.fresh(kind, key)
        return self.kept[kind, key]

    def written(self) -> int:
        """How many events all services have stored."""
        return sum(_events(kit.engine) for kit in self.site.kits.values())

    def move(self, ags: str, district_key: str) -> None:
        """Let the registry say that a municipality belongs to another district.

        Its keys change with that in reality; the event could say it without.
        """
        moved(self.site, ags, district_key)

    def _cohort(self) -> str:
        body = {"label": "2026/2027", "starts_year": 2026, "ends_year": 2027}
        return self.make("registry", f"/v1/programmes/{self.programme}/cohorts", body)

    def meeting(self, phase: str) -> str:
        """The id of a meeting that has come so far."""
        if phase == "held":
            reason = {"reason": "nachgetragen", "starts_at": PAST.isoformat()}
            return self.make("meetings", "/v1/meetings/records", MEETING | reason)
        dated = MEETING | (TIME if phase != "idea" else {"vague_date": "Frühjahr"})
        meeting_id = self.make("meetings", "/v1/meetings", dated)
        for reached, action, body in self._steps():
            if phase not in reached:
                break
            self.act(meeting_id, action, body)
        return meeting_id

    def act(self, meeting_id: str, action: str, body: Any) -> None:
        version = self.version("meetings", f"/v1/meetings/{meeting_id}")
        path = f"/v1/meetings/{meeting_id}/{action}"
        self.ask("meetings", path, json=body, headers={"If-Match": version})

    def version(self, service: str, path: str) -> str:
        return str(self.site.ask(ORGANISER, service, "GET", path).headers["ETag"])

    def _steps(self) -> list[tuple[set[str], str, Any]]:
        invited = {"audience": [{"kind": "cohort", "id": self.cohort}], "capacity": None}
        return [
            ({"open", "closed", "running"}, "open-invitations", invited),
            ({"closed", "running"}, "close-registration", None),
            ({"running"}, "start", {}),
        ]


REQUESTED = {"reason": "request"}
MEETING = {"kind": "network_meeting", "title": "Netzwerktreffen", "mode": "digital"}


def _events(engine: Any) -> int:
    with session(engine) as connection:
        row = driver(connection).execute("SELECT count(*) FROM events").fetchone()
    return int(row[0]) if row else 0


def meeting(phase: str, world: World, _: str) -> Arguments:
    return {"meeting_id": world.meeting(phase)}


def registration(world: World, key: str, *, erased: bool = False) -> Arguments:
    """Of a guest; of an erased one, `person` is another name of the participant."""
    open_one = world.of("meeting.open")["meeting_id"]
    someone = {"name": "Gast", "email": f"{uuid4()}@example.org"}
    body = {"side": "administration", "party": party(key), **someone}
    who = world.make("meetings", f"/v1/meetings/{open_one}/registrations", body)
    place = {"meeting_id": open_one, "participant_id": who}
    if not erased:
        return place
    world.forgotten.add(someone["email"])
    world.ask("meetings", f"/v1/participants/{who}/erasure", json=REQUESTED)
    return place | {"person": who}


def story(world: World, _: str) -> Arguments:
    held = world.meeting("held")
    told = {"statements": [{"section": "motivation", "statement": "Weil es wirkt."}]}
    world.make("meetings", f"/v1/meetings/{held}/stories", told)
    found = world.ask("meetings", f"/v1/meetings/{held}/stories", "GET")["items"]
    return {"meeting_id": held, "story_id": found[0]["story_id"]}


def contact(world: World, key: str, *, erased: bool = False) -> Arguments:
    body = {"party": party(key), "role": "Beauftragte:r", "purpose": "Netzwerk"}
    named = body | {"name": "Kontakt", "email": f"{uuid4()}@example.org"}
    made = world.make("registry", "/v1/contacts", named)
    if not erased:
        return {"contact_id": made}
    world.forgotten.add(str(named["email"]))
    headers = {"If-Match": world.version("registry", f"/v1/contacts/{made}")}
    path = f"/v1/contacts/{made}/erasure"
    world.ask("registry", path, json=REQUESTED, headers=headers)
    return {"contact_id": made, "person": made}


def member(world: World, _: str) -> Arguments:
    """A contact of the organisation whose seat it may take."""
    of = {"kind": "organisation", "key": world.of("organisation")["organisation_id"]}
    body = {"party": of, "role": "Mitglied", "purpose": "Steuerungsgruppe"}
    return {"contact_id": world.make("registry", "/v1/contacts", body)}


def programme(world: World, _: str) -> Arguments:
    return {"programme_id": world.programme}


def cohort(world: World, _: str) -> Arguments:
    return {"cohort_id": world.cohort}


def participation(world: World, key: str) -> Arguments:
    body = {"label": "eine", "starts_year": 2026, "ends_year": 2027}
    one = world.make("registry", f"/v1/programmes/{world.programme}/cohorts", body)
    accepted = {"party": party(key), "challenge": "Zusammenhalt"}
    made = world.make("registry", f"/v1/cohorts/{one}/participations", accepted)
    return {"cohort_id": one, "participation_id": made}


def organisation(world: World, _: str) -> Arguments:
    body = {"name": f"Verein {uuid4()}", "kind": "association"}
    return {"organisation_id": world.make("registry", "/v1/organisations", body)}


def seat(world: World, _: str, *, filled: bool = False) -> Arguments:
    body = {"organisation_id": world.of("organisation")["organisation_id"], "role": "Mitglied"}
    made = world.make("registry", f"/v1/programmes/{world.programme}/seats", body)
    if filled:
        version = world.version("registry", f"/v1/seats/{made}")
        path, headers = f"/v1/seats/{made}/appointment", {"If-Match": version}
        world.ask("registry", path, json=world.of("member"), headers=headers)
    return {"seat_id": made}


def client(world: World, key: str) -> Arguments:
    body = {"name": "Werkzeug", "role": party(key)["kind"], "tenant": key}
    answer = world.site.ask(OPERATOR, "registry", "POST", "/v1/clients", json=body)
    assert answer.status_code == 201, answer.text
    return {"client_id": answer.json()["client_id"]}


def secret(world: World, key: str) -> Arguments:
    """The second of a client's, so that it may be ended."""
    made = client(world, key)
    path = f"/v1/clients/{made['client_id']}/secrets"
    assert world.site.ask(OPERATOR, "registry", "POST", path, json={}).status_code == 201
    listed = world.site.ask(OPERATOR, "registry", "GET", path).json()["items"]
    return made | {"secret_id": listed[0]["secret_id"]}


def endpoint(world: World, key: str) -> Arguments:
    """Of a municipality or district by its key, or of a role without a tenant by its name."""
    who = Who(party(key)["kind"], key) if key.isdigit() else Who(key)
    body = {"url": "http://127.0.0.1:9/", "event_types": ["*"]}
    return {"endpoint_id": world.make("notifications", "/v1/endpoints", body, who)}


def delivery(world: World, _: str) -> Arguments:
    """The call of an endpoint, which the steering group has and nobody else sees."""
    world.of("endpoint", "steering_group")
    world.make("meetings", "/v1/meetings", MEETING | TIME)
    world.site.settle()
    found = world.ask("notifications", "/v1/deliveries?limit=1", "GET")["items"]
    return {"delivery_id": found[0]["delivery_id"]}


PHASES = ("idea", "scheduled", "open", "closed", "running", "held")
MAKERS: Mapping[str, Callable[[World, str], Arguments]] = {
    **{f"meeting.{phase}": partial(meeting, phase) for phase in PHASES},
    "registration": registration,
    "registration.erased": partial(registration, erased=True),
    "story": story,
    "contact": contact,
    "contact.erased": partial(contact, erased=True),
    "member": member,
    "programme": programme,
    "cohort": cohort,
    "participation": participation,
    "organisation": organisation,
    "seat": seat,
    "seat.filled": partial(seat, filled=True),
    "client": client,
    "secret": secret,
    "endpoint": endpoint,
    "delivery": delivery,
    "lost": lambda world, _: lost(world.site),
    "parked": lambda world, _: parked(world.site),
    "parked_action": lambda world, _: parked_action(world.site),
    "municipality": lambda _, key: {"ags": key},
    "district": lambda _, key: {"district_key": key[:5]},
    "nothing": lambda _, __: {},
}


def absent(arguments: Arguments) -> Arguments:
    """Names of the same form that nothing has."""
    return {name: ABSENT_KEYS.get(name, str(uuid4())) for name in arguments}
