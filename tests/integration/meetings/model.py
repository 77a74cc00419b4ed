"""The rules of meetings and places once more, in memory: what the API should answer and show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

AHEAD = frozenset({"scheduled", "open", "closed"})
WHEN: Mapping[str, frozenset[str]] = {
    "schedule": frozenset({"idea"}),
    "reschedule": AHEAD,
    "open-invitations": frozenset({"scheduled", "closed"}),
    "close-registration": frozenset({"open"}),
    "register": frozenset({"open"}),
    "withdraw": AHEAD,
    "check-in": frozenset({"open", "closed", "running"}),
    "start": AHEAD,
    "end": frozenset({"running"}),
    "cancel": AHEAD | {"idea"},
}
# Those that change a meeting as a whole, and want the version that the caller saw.
CHANGES = ("schedule", "reschedule", "open-invitations", "close-registration", "start", "end",
           "cancel")  # fmt: skip
OF_GUESTS = ("withdraw", "check-in", "erase")
ANY, NONE = "*", ""

# Somebody at a meeting; who registers after an erasure is somebody new.
Person = tuple[str, int]


class Refused(Exception):
    """Status and code of a problem."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request. `seen` is what If-Match says: a version, ANY or NONE.

    `value` is the one part of the body that matters: the time's number, the capacity, or the name
    of who registers. `key` is the Idempotency-Key.
    """

    act: str
    meeting: int = 0
    value: Any = None
    person: Person | None = None
    seen: int | str = NONE
    key: str | None = None

    @property
    def scope(self) -> tuple[object, ...]:
        return self.act, self.meeting, self.person, self.key


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What can be foretold of it. `of` is what a new address leads to: a meeting, a person."""

    status: int
    code: str | None = None
    version: int | None = None
    of: tuple[int, Person | None] | None = None


@dataclass
class Guest:
    """Somebody who registered; `standing` as the API names it."""

    standing: str
    erased: bool = False


@dataclass
class Meeting:
    """One meeting; `guests` stand in the order of their registration."""

    state: str
    version: int
    time: int | None
    capacity: int | None = None
    guests: dict[Person, Guest] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)

    def having(self, *standings: str) -> list[Guest]:
        return [one for one in self.guests.values() if one.standing in standings]

    @property
    def taken(self) -> int:
        return len(self.having("registered", "attended"))

    def promote(self, most: int) -> int:
        """Give places to the first who wait; how many got one."""
        promoted = self.having("waitlisted")[:most]
        for one in promoted:
            one.standing = "registered"
        return len(promoted)


@dataclass
class Model:
    """Everything that one caller did, and what it was answered."""

    meetings: list[Meeting] = field(default_factory=list)
    answered: dict[tuple[object, ...], tuple[Any, Answer]] = field(default_factory=dict)

    def answer(self, ask: Ask) -> Answer:
        """What this is answered; what it does is done."""
        if ask.act in CHANGES and ask.seen == NONE:
            return Answer(status=428, code="precondition-required")
        if ask.key is not None and ask.scope in self.answered:
            body, first = self.answered[ask.scope]
            again = Answer(status=422, code="idempotency-key-reused")
            return first if body == ask.value else again
        try:
            answer = self._done(ask)
        except Refused as refused:
            status, code = refused.args
            return Answer(status=status, code=code)
        if ask.key is not None and ask.act != "erase":
            self.answered[ask.scope] = ask.value, answer
        return answer

    def _done(self, ask: Ask) -> Answer:
        if ask.act == "plan":
            return self._plan(ask)
        meeting = self.meetings[ask.meeting]
        if ask.act in CHANGES:
            self._must_be_seen(meeting, ask)
            _must_be_possible(meeting, ask.act)
            meeting.version += _changed(meeting, ask)
            return Answer(status=200, version=meeting.version)
        if ask.act == "register":
            return self._register(meeting, ask)
        assert ask.person is not None
        events = _WITH_PLACES[ask.act](meeting, ask.person)
        meeting.version += events
        return Answer(status=200 if ask.act == "erase" else 204)

    def _plan(self, ask: Ask) -> Answer:
        planned = Meeting(state="idea", version=1, time=ask.value)
        if ask.value is not None:
            planned.state, planned.version = "scheduled", 2
        self.meetings.append(planned)
        of = len(self.meetings) - 1, None
        return Answer(status=201, version=planned.version, of=of)

    def _must_be_seen(self, meeting: Meeting, ask: Ask) -> None:
        if ask.seen not in (ANY, meeting.version):
            raise Refused(412, "stale-version")

    def _register(self, meeting: Meeting, ask: Ask) -> Answer:
        _must_be_possible(meeting, "register")
        who = (ask.value, meeting.turns.get(ask.value, 0))
        if who in meeting.guests and meeting.guests[who].standing != "withdrawn":
            raise Refused(409, "already-registered")
        is_full = meeting.capacity is not None and meeting.taken >= meeting.capacity
        meeting.guests.pop(who, None)
        meeting.guests[who] = Guest("waitlisted" if is_full else "registered")
        meeting.version += 1
        return Answer(status=201, version=meeting.version, of=(ask.meeting, who))


def _must_be_possible(meeting: Meeting, act: str) -> None:
    if meeting.state not in WHEN[act]:
        raise Refused(409, f"meeting-is-{meeting.state}")


def _changed(meeting: Meeting, ask: Ask) -> int:
    """Change the meeting; how many events that takes."""
    match ask.act:
        case "schedule":
            meeting.state, meeting.time = "scheduled", ask.value
        case "reschedule":
            if meeting.time == ask.value:
                raise Refused(409, "same-time")
            meeting.state, meeting.time = "scheduled", ask.value
        case "open-invitations":
            if ask.value is not None and ask.value < meeting.taken:
                raise Refused(409, "capacity-below-registered")
            meeting.state, meeting.capacity = "open", ask.value
            return 1 + meeting.promote(
                len(meeting.guests) if ask.value is None else ask.value - meeting.taken
            )
        case _:
            states = {"close-registration": "closed", "start": "running", "end": "held"}
            meeting.state = states.get(ask.act, "cancelled")
    return 1


def _withdraw(meeting: Meeting, person: Person) -> int:
    guest = _place(meeting, person)
    _must_be_possible(meeting, "withdraw")
    if guest.standing == "attended":
        raise Refused(409, "already-there")
    return _given_back(meeting, guest)


def _given_back(meeting: Meeting, guest: Guest) -> int:
    had_place, guest.standing = guest.standing == "registered", "withdrawn"
    return 1 + (meeting.promote(1) if had_place else 0)


def _check_in(meeting: Meeting, person: Person) -> int:
    guest = _place(meeting, person)
    _must_be_possible(meeting, "check-in")
    if guest.erased:
        raise Refused(409, "person-erased")
    if guest.standing != "registered":
        raise Refused(409, "no-place" if guest.standing == "waitlisted" else "already-there")
    guest.standing = "attended"
    return 1


def _erase(meeting: Meeting, person: Person) -> int:
    guest = meeting.guests[person]
    if guest.erased:
        return 0
    guest.erased = True
    name, turn = person
    meeting.turns[name] = turn + 1
    is_ahead = meeting.state in WHEN["withdraw"]
    if is_ahead and guest.standing in ("registered", "waitlisted"):
        return 1 + _given_back(meeting, guest)
    return 1


def _place(meeting: Meeting, person: Person) -> Guest:
    guest = meeting.guests[person]
    if guest.standing == "withdrawn":
        raise Refused(404, "not-found")
    return guest


_WITH_PLACES = {"withdraw": _withdraw, "check-in": _check_in, "erase": _erase}


def shown(meeting: Meeting) -> dict[str, Any]:
    """What a reader of the meeting and of its registrations should see."""
    guests = [
        (None if one.erased else name, one.standing, one.erased)
        for (name, _), one in meeting.guests.items()
    ]
    return {
        "state": meeting.state,
        "version": meeting.version,
        "time": meeting.time,
        "capacity": meeting.capacity,
        "registered": meeting.taken,
        "waitlisted": len(meeting.having("waitlisted")),
        "checked_in": len(meeting.having("attended")),
        "actions": {act for act, states in WHEN.items() if meeting.state in states},
        "guests": guests,
    }
