"""The cases of the matrix: what is asked of which route as whom, and what the answer must be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import httpx
from flask import Flask

from tests.security.matrix_table import BEHIND_LINKS, NAMED_BY_DOCUMENTS, ROWS, UNKNOWN, Row
from tests.security.matrix_world import (
    DIRECTORY,
    DISTRICT,
    FOREIGN,
    MOVED,
    OWN,
    Arguments,
    World,
    absent,
)
from tests.security.routes import Route, routes
from tests.security.site import NOBODY, Who

TENANTS = (Who("municipality", OWN), Who("district", DISTRICT))
UNTIED = ("organiser", "steering_group", "moderator", "operator", "service", "participant")
CALLERS = (*map(Who, UNTIED), *TENANTS, NOBODY)
OTHERWISE_TESTED = NAMED_BY_DOCUMENTS | BEHIND_LINKS
# Whose people may be erased, and by what; all other changes of who is erased are refused.
ERASABLE = {"contact", "registration"}
ERASING = {"contact_data.erase_contact", "participant_data.erase_participant"}
ERASED, ERASED_OF_OTHERS = "erased", "erased, of others"
GONE = {(409, "person-erased"), (404, "not-found")}
# No role of ours has this key, and the register does not know it.
NOT_THERE = "08116999"
# What differs between two answers to the same question.
VOLATILE = {"date", "x-correlation-id", "ratelimit", "content-length"}
INSTANCE = re.compile(r"urn:uuid:[0-9a-f-]{36}")


@dataclass(frozen=True)
class Case:
    """One question: this route, this caller, a thing of this key, or one that is not there."""

    route: Route
    row: Row
    who: Who
    relation: str

    def __str__(self) -> str:
        return f"{self.route} as {self.who.role}, {self.relation}"

    @property
    def key(self) -> str:
        """Whose thing it is."""
        own = OWN
        if self.row.strict and self.who.role in self.row.own:
            own = self.who.tenant or self.who.role
        others = {"foreign": FOREIGN, "moved": MOVED, ERASED_OF_OTHERS: FOREIGN}
        return others.get(self.relation, own)

    @property
    def expected(self) -> str:
        """`done`, `absent` (as what does not exist), `forbidden`, `unauthorized`, or `gone`.

        Whoever may see an erased person sees that, and changes nothing of it.
        """
        if not self.row.public and self.who == NOBODY:
            return "unauthorized"
        if not self.row.admits(self.who.role):
            return "forbidden"
        is_for_all = self.row.public or self.who.role in self.row.everybody
        # Only a personal link says whose a participant's registration is.
        is_own = self.relation in ("own", ERASED) and self.who.role != "participant"
        is_there = is_own or (is_for_all and self.relation != "absent")
        if is_there and self.is_erased and not self.may_be_repeated:
            return "gone"
        return "done" if is_there else "absent"

    @property
    def is_erased(self) -> bool:
        return self.relation in (ERASED, ERASED_OF_OTHERS)

    @property
    def may_be_repeated(self) -> bool:
        """Looking, and erasing once more."""
        return self.route.method == "GET" or self.route.endpoint in ERASING

    @property
    def refusals(self) -> set[tuple[int, str]]:
        """How a thing may be refused that is not there, or not for this caller."""
        if not self.row.party_in_body:
            kind = self.row.thing.partition(".")[0]
            return {(404, "not-found"), (404, UNKNOWN.get(kind, "not-found"))}
        is_tied = self.who.role in self.row.own
        return {(403, self.row.foreign) if is_tied else (422, "unknown-municipality")}


def cases(table: Flask) -> Iterator[Case]:
    for route in routes(table):
        if route.endpoint in OTHERWISE_TESTED:
            continue
        row = ROWS[route.name]
        of_others = ["foreign", "moved"] if row.own else []
        for who in CALLERS:
            # A role that may name any party names unknown ones to other rules than these.
            is_free = row.thing == "nothing" and not (row.party_in_body and who.role in row.own)
            erased = [ERASED] if row.thing in ERASABLE else []
            erased += [ERASED_OF_OTHERS] if erased and row.own else []
            relations = ["own", *erased, *([] if is_free else ["absent"]), *of_others]
            for relation in relations:
                yield Case(route, row, who, relation)


def asked(world: World, case: Case) -> list[httpx.Response]:
    """The answer to the case; with the one about nothing beside it, where both must be equal."""
    if case.is_erased:
        thing_of(world, case)
    before = world.written()
    if case.expected == "done":
        return [ask(world, case, thing_of(world, case))]
    answers = [ask(world, case, thing_of(world, case))]
    if case.expected == "absent":
        answers.append(ask(world, replace(case, relation="absent"), absent(thing_of(world, case))))
    if case.expected in ("absent", "gone") or case.relation == "own":
        assert world.written() == before or _is_new(world, case), f"{case}: something was written"
    return answers


def ready(world: World, case: Case) -> Arguments:
    """The case's thing, and whatever its body names, so that asking makes nothing more."""
    if case.row.body is not None:
        case.row.body(world, case.key)
    return world.of(case.row.thing, case.key)


def _is_new(world: World, case: Case) -> bool:
    """Things are made when a case first asks for them."""
    return (case.row.thing, case.key) in world.kept


def thing_of(world: World, case: Case) -> Arguments:
    if case.is_erased:
        return world.of(f"{case.row.thing}.erased", case.key)
    if case.relation == "absent":
        return absent(world.of(case.row.thing, case.key))
    changes = case.route.method != "GET" and case.expected == "done"
    is_made = case.row.thing not in world.known and case.row.thing != "nothing"
    return (
        world.fresh(case.row.thing, case.key)
        if changes and is_made
        else world.of(case.row.thing, case.key)
    )


def ask(world: World, case: Case, thing: Arguments) -> httpx.Response:
    headers = {"If-Match": _version(world, case, thing)}
    sent = {}
    if case.route.endpoint == "imports.preview_import":
        sent, headers["Content-Type"] = {"content": DIRECTORY}, "text/plain"
    elif case.row.body is not None:
        key = NOT_THERE if case.relation == "absent" and case.row.party_in_body else case.key
        sent = {"json": case.row.body(world, key)}
    path = case.route.path(thing)
    return world.site.ask(
        case.who, case.route.service, case.route.method, path, headers=headers, **sent
    )


SHOWN = {
    "meeting": "/v1/meetings/{meeting_id}",
    "participation": "/v1/cohorts/{cohort_id}",
    "contact": "/v1/contacts/{contact_id}",
    "seat": "/v1/seats/{seat_id}",
    "organisation": "/v1/organisations/{organisation_id}",
    "client": "/v1/clients/{client_id}",
    "secret": "/v1/clients/{client_id}",
    "endpoint": "/v1/endpoints/{endpoint_id}",
    "parked": "/v1/operations/parked/{parked_id}",
}


def _version(world: World, case: Case, thing: Arguments) -> str:
    """The version that a thing has, where it is to be changed; a stale one elsewhere."""
    shown = SHOWN.get(case.row.thing.partition(".")[0])
    is_changed = case.expected in ("done", "gone") and case.route.method != "GET"
    if not is_changed or shown is None:
        return '"7.x"'
    found = world.site.ask(case.who, case.route.service, "GET", shown.format(**thing))
    return str(found.headers.get("ETag", '"7.x"'))


def judged(case: Case, answers: list[httpx.Response]) -> str | None:
    """What is wrong with the answers to a case."""
    first = answers[0]
    told = f"{first.status_code} {first.text[:160]}"
    if case.expected == "gone":
        return None if refused(first) in GONE else told
    if case.expected == "done":
        return None if is_good(case, first) else told
    if case.expected == "absent":
        if refused(first) not in case.refusals:
            return f"{told} is none of {case.refusals}"
        same = as_told(first) == as_told(answers[1])
        return None if same else f"{as_told(first)} is not {as_told(answers[1])}"
    wanted = 401 if case.expected == "unauthorized" else 403
    return None if first.status_code == wanted else told


def is_good(case: Case, answer: httpx.Response) -> bool:
    if case.is_erased and case.route.method == "GET" and not says_erased(answer):
        return False
    return answer.status_code == case.row.good if case.row.good else answer.is_success


def says_erased(answer: httpx.Response) -> bool:
    """Whether the answer says so; the words of who is erased are searched elsewhere."""
    shown = answer.json()
    people = shown.get("items", [shown])
    return any(one.get("erased") or one.get("erased_at") for one in people)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.is_success else answer.json()["code"]


def as_told(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """An answer without what names this one request, and the thing that was asked for."""
    text = answer.text
    for part in answer.request.url.path.split("/"):
        if len(part) >= 5 and any(sign.isdigit() for sign in part):
            text = text.replace(part, "ASKED")
    headers = {name: text for name, text in answer.headers.items() if name not in VOLATILE}
    return answer.status_code, INSTANCE.sub("REQUEST", text), headers
