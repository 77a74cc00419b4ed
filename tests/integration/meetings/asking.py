"""One caller of the real API: how a request is made, and what its answer says to the model."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.integration.meetings.conftest import COHORT, STARTS_AT
from tests.integration.meetings.model import (
    ANY,
    NONE,
    WHEN,
    Answer,
    Ask,
    Person,
)

TIMES = tuple(STARTS_AT + timedelta(days=days) for days in range(3))


@dataclass
class World:
    """A running service, and what became of the things that the model knows."""

    client: httpx.Client
    paths: dict[int, str] = field(default_factory=dict)
    people: dict[tuple[int, Person], str] = field(default_factory=dict)

    def send(self, ask: Ask) -> httpx.Response:
        headers = {} if ask.key is None else {"Idempotency-Key": f'"{ask.key}"'}
        if ask.seen != NONE:
            headers["If-Match"] = ANY if ask.seen == ANY else f'"{ask.seen}"'
        return self.client.post(self._path(ask), json=_body(ask), headers=headers)

    def learn(self, expected: Answer, answer: httpx.Response) -> None:
        """The same thing has the same address for ever, and no other thing has it."""
        if expected.of is None:
            return
        (meeting, person), path = expected.of, answer.headers["Location"]
        if person is None:
            assert self.paths.setdefault(meeting, path) == path
            return
        participant = path.rpartition("/")[2]
        assert path == f"{self.paths[meeting]}/registrations/{participant}"
        assert self.people.setdefault((meeting, person), participant) == participant
        assert len(set(self.people.values())) == len(self.people)

    def shown(self, number: int) -> dict[str, Any]:
        answer = self.client.get(self.paths[number])
        told = answer.raise_for_status().json()
        listed = self.client.get(f"{self.paths[number]}/registrations", params={"limit": 200})
        guests = listed.raise_for_status().json()["items"]
        starts_at = told["starts_at"] and datetime.fromisoformat(told["starts_at"])
        counts = ("registered", "waitlisted", "checked_in")
        actions = {one.replace("_", "-") for one in told["actions"]}
        return {
            "state": told["state"],
            "version": _version(answer),
            "time": None if starts_at is None else TIMES.index(starts_at),
            "capacity": told["capacity"],
            **{name: told["attendance"][name] for name in counts},
            "actions": actions & set(WHEN),
            "guests": [(one["name"], one["standing"], one["erased"]) for one in guests],
        }

    def _path(self, ask: Ask) -> str:
        if ask.act == "plan":
            return "/v1/meetings"
        meeting = self.paths[ask.meeting]
        if ask.person is None:
            return f"{meeting}/{'registrations' if ask.act == 'register' else ask.act}"
        participant = self.people[ask.meeting, ask.person]
        if ask.act == "erase":
            return f"/v1/participants/{participant}/erasure"
        return f"{meeting}/registrations/{participant}/{ask.act}"


def _body(ask: Ask) -> dict[str, Any] | None:
    if ask.act in ("plan", "schedule", "reschedule"):
        times = {} if ask.value is None else _times(TIMES[ask.value])
        planned = {"kind": "network_meeting", "title": "Netzwerktreffen"}
        more = {"reason": "Raum belegt"} if ask.act == "reschedule" else {}
        return times | (planned if ask.act == "plan" else more)
    bodies: dict[str, dict[str, Any]] = {
        "open-invitations": {
            "audience": [{"kind": "cohort", "id": str(COHORT)}],
            "capacity": ask.value,
        },
        "register": {"side": "guest", "name": ask.value, "email": f"{ask.value}@example.org"},
        "cancel": {"reason": "Niemand kommt"},
        "erase": {"reason": "request"},
    }
    return bodies.get(ask.act, {} if ask.act in ("start", "end") else None)


def _times(starts_at: datetime) -> dict[str, str]:
    ends_at = starts_at + timedelta(hours=3)
    return {"starts_at": starts_at.isoformat(), "ends_at": ends_at.isoformat()}


def told_by(ask: Ask, answer: httpx.Response) -> Answer:
    """What the answer says, as far as the model foretells it."""
    content = answer.json() if answer.content else {}
    if answer.is_success and ask.act == "erase":
        assert content["state"] == "pending"
        return Answer(status=answer.status_code)
    version = content.get("version")
    assert version is None or _version(answer) == version
    return Answer(status=answer.status_code, code=content.get("code"), version=version)


def _version(answer: httpx.Response) -> int:
    return int(answer.headers["ETag"].strip('"').partition(".")[0])
