"""What a writer may do next in its own small world, chosen by its seeded chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

Json = dict[str, Any]
REGISTRY, MEETINGS, NOTIFICATIONS = "registry", "meetings", "notifications"
# A meeting with more than this is cancelled and another one planned: streams stay short.
MOST_GUESTS, MOST_MEETINGS, MOST_STORIES = 12, 3, 40
PURPOSE = "Einladungen zu Netzwerktreffen"


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One request. `then` is told the new thing's id and version once it is acknowledged.

    `key` is idempotency key and correlation id in one, so its events are known by it.
    """

    key: UUID
    what: str
    service: str
    method: str
    path: str
    types: tuple[str, ...]
    body: Any = None
    count: int = 1
    match: int | None = None
    any_match: bool = False
    then: Callable[[str, int | None], None] = lambda _, __: None
    refused: Callable[[], None] = lambda: None


@dataclass
class Contact:
    key: str
    version: int


@dataclass
class Meeting:
    key: str
    version: int | None
    open: bool = False
    guests: list[str] = field(default_factory=list)
    seen: int = 0


class World:
    """What one writer has made, as far as it was acknowledged."""

    def __init__(self, chance: Random, programme: str, shared: str | None = None) -> None:
        self._chance = chance
        self._programme = programme
        self._organisations: list[str] = []
        self._contacts: list[Contact] = []
        self._meetings: list[Meeting] = []
        self._past: list[Meeting] = []
        self._shared, self._seen = shared, 0

    def next(self) -> Operation:
        """The next operation that makes sense now."""
        wanted: list[tuple[int, Callable[[], Operation | None]]] = [
            (2, self._organisation),
            (3, self._appoint),
            (1, self._change_contact),
            (1, self._release),
            (3, self._plan),
            (3, self._step),
            (8, self._register),
            (2, self._withdraw),
            (1, self._check_in),
            (2, self._register_shared),
            (2, self._tell),
        ]
        makers = [make for _, make in wanted]
        weights = [weight for weight, _ in wanted]
        while True:
            (make,) = self._chance.choices(makers, weights)
            if (made := make()) is not None:
                return made

    def _key(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)

    def _made(self, what: str, service: str, path: str, body: Any, **more: Any) -> Operation:
        more.setdefault("method", "POST")
        more.setdefault("types", (what,))
        more.setdefault("key", None)
        more["key"] = more["key"] or self._key()
        return Operation(what=what, service=service, path=path, body=body, **more)

    def _organisation(self) -> Operation | None:
        if len(self._organisations) > 20:
            return None
        key = self._key()
        body = {"name": f"Verein {key}", "kind": "association"}
        then = lambda made, _: self._organisations.append(made)  # noqa: E731  (one line says it)
        path = "/v1/organisations"
        return self._made("organisation.registered", REGISTRY, path, body, key=key, then=then)

    def _appoint(self) -> Operation | None:
        if not self._organisations or len(self._contacts) > 30:
            return None
        key = self._key()
        party = {"kind": "organisation", "key": self._chance.choice(self._organisations)}
        body = {"party": party, **address(key)}

        def then(made: str, version: int | None) -> None:
            self._contacts.append(Contact(made, version or 1))

        return self._made("contact.appointed", REGISTRY, "/v1/contacts", body, key=key, then=then)

    def _change_contact(self) -> Operation | None:
        if not self._contacts:
            return None
        contact, key = self._chance.choice(self._contacts), self._key()
        return self._made(
            "contact.changed",
            REGISTRY,
            f"/v1/contacts/{contact.key}",
            address(key),
            key=key,
            method="PUT",
            match=contact.version,
            then=lambda _, version: setattr(contact, "version", version),
            refused=lambda: self._forget_contact(contact),
        )

    def _release(self) -> Operation | None:
        if len(self._contacts) < 10:
            return None
        contact = self._chance.choice(self._contacts)
        return self._made(
            "contact.left",
            REGISTRY,
            f"/v1/contacts/{contact.key}/departure",
            {},
            match=contact.version,
            then=lambda _, __: self._forget_contact(contact),
            refused=lambda: self._forget_contact(contact),
        )

    def _forget_contact(self, contact: Contact) -> None:
        if contact in self._contacts:
            self._contacts.remove(contact)

    def _plan(self) -> Operation | None:
        if len(self._meetings) >= MOST_MEETINGS:
            return None
        if not self._past:
            return self._record()
        body = meeting(self._key(), self._programme) | times(self._chance, weeks=8)
        then = lambda made, version: self._meetings.append(Meeting(made, version))  # noqa: E731
        return self._made("meeting.planned", MEETINGS, "/v1/meetings", body, then=then)

    def _record(self) -> Operation:
        body = meeting(self._key(), self._programme) | times(self._chance, weeks=-8)
        body["reason"] = "Nachgetragen"
        then = lambda made, version: self._past.append(Meeting(made, version))  # noqa: E731
        return self._made("meeting.recorded", MEETINGS, "/v1/meetings/records", body, then=then)

    def _step(self) -> Operation | None:
        """Something that everybody who is invited hears of."""
        if not self._meetings:
            return None
        one = self._chance.choice(self._meetings)
        if one.seen >= MOST_GUESTS or self._chance.random() < 0.05:
            reason: Json = {"reason": "Entfällt"}
            then = lambda _, __: self._meetings.remove(one)  # noqa: E731  (as above)
            return self._on(one, "meeting.cancelled", "cancel", reason, then=then)
        if not one.open:
            audience = [{"kind": "steering_group", "id": self._programme}]
            body: Json = {"audience": audience, "capacity": self._chance.choice([None, 3, 8])}
            return self._on(
                one, "invitations.opened", "open-invitations", body, then=self._opened(one)
            )
        if self._chance.random() < 0.5:
            body = {"venue": f"Saal {self._key()}"}
            return self._on(one, "meeting.placed", "place", body, method="PUT")
        mode = self._chance.choice(["in_person", "digital", "hybrid"])
        body = {"mode": mode, "reason": f"Anders {self._key()}"}
        return self._on(one, "meeting.mode_changed", "change-mode", body, count=-1)

    def _opened(self, one: Meeting) -> Callable[[str, int | None], None]:
        def then(_: str, version: int | None) -> None:
            one.open, one.version = True, version

        return then

    def _on(self, one: Meeting, what: str, action: str, body: Any, **more: Any) -> Operation:
        def then(_: str, version: int | None) -> None:
            one.version = version

        more.setdefault("then", then)
        path = f"/v1/meetings/{one.key}/{action}"
        # Guests of the same meeting move its version.
        return self._made(what, MEETINGS, path, body, any_match=True, **more)

    def _register(self) -> Operation | None:
        ready = [one for one in self._meetings if one.open and one.seen < MOST_GUESTS]
        if not ready:
            return self._step()
        one = self._chance.choice(ready)

        def then(made: str, _: int | None) -> None:
            one.seen += 1
            one.guests.append(made)

        return self._guest(one.key, then)

    def _register_shared(self) -> Operation | None:
        if self._shared is None or self._seen >= MOST_GUESTS:
            return None

        def then(_: str, __: int | None) -> None:
            self._seen += 1

        return self._guest(self._shared, then)

    def _guest(self, key: str, then: Callable[[str, int | None], None]) -> Operation:
        who = self._key()
        body = {"side": "guest", "name": f"Gast {who}", "email": f"{who}@example.org"}
        types = ("participant.registered", "participant.waitlisted")
        path = f"/v1/meetings/{key}/registrations"
        return self._made("participant.registered", MEETINGS, path, body, types=types, then=then)

    def _withdraw(self) -> Operation | None:
        return self._of_guest("participant.withdrawn", "withdraw")

    def _check_in(self) -> Operation | None:
        return self._of_guest("participant.checked_in", "check-in")

    def _of_guest(self, what: str, action: str) -> Operation | None:
        ready = [one for one in self._meetings if one.guests]
        if not ready:
            return None
        one = self._chance.choice(ready)
        guest = one.guests.pop(self._chance.randrange(len(one.guests)))
        path = f"/v1/meetings/{one.key}/registrations/{guest}/{action}"
        return self._made(what, MEETINGS, path, None)

    def _tell(self) -> Operation | None:
        if not self._past:
            return None
        one, count = self._past[-1], self._chance.choice([1, 1, 2, 5])

        def then(_: str, __: int | None) -> None:
            one.seen += count
            if one.seen > MOST_STORIES:
                self._past.remove(one)

        statements = [
            {"section": "benefit", "statement": f"Beispiel {self._key()}"} for _ in range(count)
        ]
        body, path = {"statements": statements}, f"/v1/meetings/{one.key}/stories"
        return self._made("story.told", MEETINGS, path, body, count=count, then=then)


def address(key: UUID) -> dict[str, str]:
    return {
        "role": "Ansprechstelle",
        "purpose": PURPOSE,
        "name": "Kontakt (erfunden)",
        "email": f"{key}@example.org",
    }


def meeting(key: UUID, programme: str) -> dict[str, Any]:
    return {
        "kind": "network_meeting",
        "title": f"Treffen {key}",
        "mode": "hybrid",
        "programme_id": programme,
    }


def times(chance: Random, weeks: int) -> dict[str, str]:
    starts = datetime.now(UTC).replace(microsecond=0) + timedelta(
        weeks=weeks, minutes=chance.randrange(10_000)
    )
    return {
        "starts_at": starts.isoformat(),
        "ends_at": (starts + timedelta(hours=3)).isoformat(),
    }
