"""Who may call what, about whose things: one row a route, written down apart from the code.

`everybody` may do it with all that there is, `own` only with what is theirs: a municipality's own,
a district's own and that of its municipalities; where a row is `strict`, exactly one's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.security.matrix_world import LATER, MEETING, PAST, REQUESTED, TIME, World, party

Body = Callable[[World, str], Any]
TENANTS = "municipality district"
NETWORK = f"organiser steering_group moderator operator service {TENANTS}"
PLANS = "organiser steering_group"
RUNS = "organiser moderator"
PREPARES = f"{PLANS} moderator"
HEARERS = f"{PLANS} {TENANTS}"
SEES = f"{PREPARES} service {TENANTS}"
READS_CONTACTS = f"{PREPARES} operator service {TENANTS}"


@dataclass(frozen=True)
class Row:
    """`thing` is what stands in the path; `party_in_body` that the body says whose it is.

    `scope` is what a token must be good for, where that does not follow from the method; `foreign`
    is the code for a body that names a party that the caller does not act for.
    """

    thing: str
    everybody: frozenset[str]
    own: frozenset[str]
    body: Body | None
    public: bool
    strict: bool
    party_in_body: bool
    good: int | None
    scope: str | None
    foreign: str

    def admits(self, role: str) -> bool:
        return self.public or role in self.everybody | self.own

    def scope_for(self, method: str) -> str:
        return self.scope or ("read" if method in ("GET", "HEAD") else "write")


USUAL: dict[str, Any] = {
    "public": False,
    "strict": False,
    "party_in_body": False,
    "good": None,
    "scope": None,
    "foreign": "foreign-party",
}


def row(
    thing: str = "nothing",
    everybody: str = "",
    own: str = "",
    body: Body | Any = None,
    **more: Any,
) -> Row:
    given = body if callable(body) or body is None else lambda _, __: body
    roles = frozenset(everybody.split()), frozenset(own.split())
    return Row(thing, *roles, body=given, **USUAL | more)


def public(thing: str = "nothing", good: int | None = None, **more: Any) -> Row:
    return row(thing, public=True, good=good, **more)


def contact_body(_: World, key: str) -> Any:
    return {"party": party(key), "role": "Beauftragte:r", "purpose": "Netzwerk"}


def guest(_: World, key: str) -> Any:
    someone = {"name": "Gast", "email": f"{uuid4()}@example.org"}
    return {"side": "administration", "party": party(key), **someone}


def client_body(_: World, key: str) -> Any:
    return {"name": "Werkzeug", "role": party(key)["kind"], "tenant": key}


def audience(world: World, _: str) -> Any:
    return {"audience": [{"kind": "cohort", "id": world.cohort}]}


def tendencies(world: World, _: str) -> Any:
    cohorts = {"from_cohort_id": world.cohort, "to_cohort_id": world.cohort}
    earlier = world.of("participation")["cohort_id"]
    world.site.settle()
    pairs = [{"earlier": "wenig", "later": "mehr"}]
    return cohorts | {"from_cohort_id": earlier, "pairs": pairs}


CHANGED_CONTACT = {"role": "Leitung", "purpose": "Netzwerk"}
COHORT = {"label": "2028", "starts_year": 2028, "ends_year": 2029}
ITEMS = {"items": [{"title": "Begrüßung", "kind": "welcome"}]}
STORIES = {"statements": [{"section": "motivation", "statement": "Weil es wirkt."}]}
RECORD = MEETING | {"starts_at": PAST.isoformat(), "reason": "nachgetragen"}
ENDPOINT = {"url": "http://127.0.0.1:9/", "event_types": ["*"]}
COUNT = {"count": 27, "source": "Protokoll"}
PLACE = {"venue": "Rathaus"}
WHY = {"reason": "Anlass"}
PART = {"service": "meetings", "cleared": 0, "remaining": 0, "remains": "0" * 64}
OTHER_PART = PART | {"service": "notifications"}
IDS = {"ids": [str(uuid4())]}
ADMIN: dict[str, Any] = {"scope": "admin"}
CLIENTS: dict[str, Any] = ADMIN | {
    "everybody": "operator organiser",
    "own": TENANTS,
    "strict": True,
}

OF_THE_KIT = {
    "feed.read_events": row(everybody=f"{PLANS} operator service {TENANTS}"),
    "feed.list_generations": row(everybody="operator service"),
    "lost.list_lost": row(everybody="operator"),
    "lost.acknowledge_lost": row("lost", "operator", body=WHY),
    "parked.list_parked": row(everybody="operator"),
    "parked.show_parked": row("parked", "operator"),
    "parked.retry_parked": row("parked", "operator", body=WHY),
    "parked.skip_parked": row("parked", "operator", body=WHY),
    "parked.discard_parked": row("parked", "operator", body=WHY),
    "parked_actions.retry_all": row(everybody="operator", body={"source": "nobody"}),
    "parked_actions.list_parked_acts": row(everybody="operator"),
    "parked_actions.show_parked_action": row("parked_action", "operator"),
    "docs.show_index": public(),
    "docs.read_openapi": public(),
    "docs.show_docs": public(),
    "docs.list_problems": public(),
    "event_docs.show_asyncapi": public(),
    "event_docs.show_catalogue": public(),
}
# Public as well, by names that only their own documents know.
NAMED_BY_DOCUMENTS = {"docs.read_asset", "docs.show_problem", "event_docs.show_schema"}
# What commands and lists say of a thing that is not there; views say not-found.
UNKNOWN = {
    "meeting": "unknown-meeting",
    "story": "unknown-meeting",
    "participation": "unknown-cohort",
    "organisation": "unknown-organisation",
    "seat": "unknown-seat",
}
# Pages behind a personal link, which is their only argument.
BEHIND_LINKS = {"links.show_page", "links.withdraw", "links.erase", "links.download"}

ROWS: Mapping[str, Row] = {
    **{
        f"{service}:{endpoint}": one
        for service in ("registry", "meetings", "notifications")
        for endpoint, one in OF_THE_KIT.items()
    },
    "registry:municipalities.list_municipalities": row(everybody=NETWORK),
    "registry:municipalities.show_municipality": row("municipality", NETWORK),
    "registry:municipalities.show_municipality_history": row("municipality", NETWORK),
    "registry:districts.list_districts": row(everybody=NETWORK),
    "registry:districts.show_district": row("district", NETWORK),
    "registry:districts.show_district_history": row("district", NETWORK),
    "registry:imports.preview_import": row(everybody="organiser operator", body=b""),
    "registry:imports.show_import": row("upload", "organiser operator"),
    "registry:imports.apply_import": row("upload", "organiser operator"),
    "registry:programmes.decide_programme": row(everybody="organiser", body={"title": "Neu"}),
    "registry:programmes.list_programmes": row(everybody=NETWORK),
    "registry:programmes.show_programme": row("programme", NETWORK),
    "registry:programmes.show_programme_history": row("programme", NETWORK),
    "registry:cohorts.plan_cohort": row("programme", "organiser", body=COHORT),
    "registry:cohorts.list_cohorts": row("programme", NETWORK),
    "registry:cohorts.show_cohort": row("cohort", NETWORK),
    "registry:cohorts.show_cohort_history": row("cohort", NETWORK),
    "registry:participations.accept_participation": row(
        "participation", "organiser", body=lambda *_: {"party": party("08116")}
    ),
    "registry:participations.list_participations": row("cohort", NETWORK),
    "registry:participations.show_participation": row("participation", NETWORK),
    "registry:participations.leave_cohort": row("participation", "organiser", body=WHY),
    "registry:organisations.register_organisation": row(
        everybody="organiser", body={"name": "Verein", "kind": "association"}
    ),
    "registry:organisations.list_organisations": row(everybody=NETWORK),
    "registry:organisations.show_organisation": row("organisation", NETWORK),
    "registry:organisations.show_organisation_history": row("organisation", NETWORK),
    "registry:organisations.archive_organisation": row("organisation", "organiser", body=WHY),
    "registry:contacts.appoint_contact": row(
        "nothing", "organiser", TENANTS, contact_body, party_in_body=True, **ADMIN
    ),
    "registry:contacts.list_contacts": row(everybody=READS_CONTACTS),
    "registry:contacts.show_contact": row("contact", READS_CONTACTS),
    "registry:contacts.show_contact_history": row("contact", READS_CONTACTS),
    "registry:contacts.change_contact": row(
        "contact", "organiser", TENANTS, CHANGED_CONTACT, **ADMIN
    ),
    "registry:contacts.release_contact": row("contact", "organiser", TENANTS, {}, **ADMIN),
    "registry:contacts.read_addresses": row(everybody="service", body=IDS),
    "registry:contact_data.erase_contact": row("contact", "organiser", TENANTS, REQUESTED, **ADMIN),
    "registry:contact_data.show_erasure": row("contact.erased", "organiser", TENANTS),
    "registry:contact_data.export_contact": row("contact", "organiser", TENANTS, **ADMIN),
    "registry:erasures.acknowledge": row("contact.erased", "service", body=PART),
    "registry:seats.create_seat": row(
        "programme",
        "organiser",
        body=lambda world, _: world.of("organisation") | {"role": "Mitglied"},
    ),
    "registry:seats.list_seats": row("programme", NETWORK),
    "registry:seats.show_seat": row("seat", NETWORK),
    "registry:seats.show_seat_history": row("seat", NETWORK),
    "registry:seats.fill_seat": row("seat", "organiser", body=lambda world, _: world.of("member")),
    "registry:seats.vacate_seat": row("seat.filled", "organiser", body=WHY),
    "registry:clients.register_client": row(
        body=client_body, party_in_body=True, foreign="forbidden", **CLIENTS
    ),
    "registry:clients.list_clients": row(everybody=f"operator organiser {TENANTS}", **ADMIN),
    "registry:clients.show_client": row("client", **CLIENTS),
    "registry:clients.show_client_history": row("client", **CLIENTS),
    "registry:clients.revoke_client": row("client", body=WHY, **CLIENTS),
    "registry:secrets.issue_secret": row("client", body={}, **CLIENTS),
    "registry:secrets.list_secrets": row("client", **CLIENTS),
    "registry:secrets.end_secret": row("secret", **CLIENTS),
    "registry:tokens.issue_token": public(good=400),
    "registry:tokens.show_keys": public(),
    "registry:revocations.list_revocations": row(everybody="service"),
    "meetings:calendar.list_meetings": row(everybody=NETWORK),
    "meetings:calendar.show_meeting": row("meeting.open", NETWORK, "participant"),
    "meetings:calendar.show_meeting_history": row("meeting.open", NETWORK),
    "meetings:agenda.show_agenda": row("meeting.open", NETWORK),
    "meetings:agenda.publish_agenda": row("meeting.scheduled", PREPARES, body=ITEMS),
    "meetings:planning.plan_meeting": row(everybody=PLANS, body=MEETING),
    "meetings:planning.record_meeting": row(everybody=PLANS, body=RECORD),
    "meetings:planning.schedule_meeting": row("meeting.idea", PLANS, body=TIME),
    "meetings:planning.reschedule_meeting": row("meeting.scheduled", PLANS, body=LATER | WHY),
    "meetings:planning.change_mode": row(
        "meeting.scheduled", PLANS, body={"mode": "in_person"} | WHY
    ),
    "meetings:planning.place_meeting": row(
        "meeting.scheduled", PREPARES, body={"venue": "Rathaus"}
    ),
    "meetings:planning.cancel_meeting": row("meeting.scheduled", PLANS, body=WHY),
    "meetings:days.start_meeting": row("meeting.closed", RUNS, body={}),
    "meetings:days.end_meeting": row("meeting.running", RUNS, body={}),
    "meetings:days.publish_results": row("meeting.held", RUNS, body={"author_role": "Träger"}),
    "meetings:registrations.open_invitations": row("meeting.scheduled", PLANS, body=audience),
    "meetings:registrations.close_registration": row("meeting.open", PREPARES),
    "meetings:registrations.register_participant": row(
        "meeting.open", PREPARES, TENANTS, guest, party_in_body=True
    ),
    "meetings:registrations.list_registrations": row(
        "meeting.open", f"{PREPARES} service {TENANTS}"
    ),
    "meetings:registrations.show_registration": row(
        "registration", f"{PREPARES} service", f"{TENANTS} participant"
    ),
    "meetings:registrations.withdraw_participant": row(
        "registration", RUNS, f"{TENANTS} participant"
    ),
    "meetings:registrations.check_in_participant": row("registration", RUNS),
    "meetings:results.announce_attendance": row(
        "meeting.held", PREPARES, body=COUNT | {"approximate": True}
    ),
    "meetings:results.count_attendance": row("meeting.held", RUNS, body=COUNT),
    "meetings:results.announce_next_meeting": row(
        "meeting.held", RUNS, body={"vague_date": "Frühjahr"}
    ),
    "meetings:results.observe_tendencies": row("meeting.held", RUNS, body=tendencies),
    "meetings:results.list_tendencies": row("meeting.held", NETWORK),
    "meetings:stories.tell_stories": row("meeting.held", RUNS, body=STORIES),
    "meetings:stories.list_stories": row("meeting.held", NETWORK),
    "meetings:stories.withdraw_story": row("story", RUNS, body=WHY),
    "meetings:participants.read_addresses": row(everybody="service", body=IDS),
    "meetings:participants.read_links": row(everybody="service", body=IDS),
    "meetings:participant_data.erase_participant": row(
        "registration", RUNS, "participant", REQUESTED
    ),
    "meetings:participant_data.show_erasure": row("registration.erased", RUNS),
    "meetings:participant_data.export_participant": row("registration", RUNS, "participant"),
    "meetings:erasures.acknowledge": row("registration.erased", "service", body=OTHER_PART),
    "notifications:endpoints.register_endpoint": row(everybody=HEARERS, body=ENDPOINT),
    "notifications:endpoints.list_endpoints": row(everybody=HEARERS),
    "notifications:endpoints.show_endpoint": row("endpoint", own=HEARERS, strict=True),
    "notifications:endpoints.show_endpoint_history": row("endpoint", own=HEARERS, strict=True),
    "notifications:endpoints.remove_endpoint": row("endpoint", own=HEARERS, strict=True),
    "notifications:endpoints.rotate_secret": row("endpoint", own=HEARERS, strict=True),
    "notifications:endpoints.list_calls": row("endpoint", own=HEARERS, strict=True),
    "notifications:deliveries.list_deliveries": row(everybody="organiser operator"),
    "notifications:deliveries.show_delivery": row("delivery", "organiser operator"),
    "notifications:deliveries.show_delivery_history": row("delivery", "organiser operator"),
}
