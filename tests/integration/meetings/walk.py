"""One caller's random walk through the API: each answer, and what is shown then, is the model's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import permutations
from random import Random
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx

from tests.integration.meetings.asking import World, told_by
from tests.integration.meetings.model import (
    AHEAD,
    ANY,
    CHANGES,
    NONE,
    OF_GUESTS,
    WHEN,
    Answer,
    Ask,
    Meeting,
    Model,
    shown,
)

NAMES = ("Anna", "Berta", "Cem", "Dora")
BUSY = Answer(status=409, code="idempotency-key-busy")
ERASED = Answer(status=409, code="person-erased")

# What may stand in the body, or who registers.
VALUES: dict[str, tuple[Any, ...]] = {
    "plan": (None, 0, 1, 2),
    "schedule": (0, 1, 2),
    "reschedule": (0, 1, 2),
    "open-invitations": (1, 2, None, 3),
    "register": NAMES,
}
# What keeps a meeting going comes more often than what ends it.
ACTS = {
    "register": 12,
    "withdraw": 6,
    "open-invitations": 4,
    "close-registration": 4,
    "check-in": 5,
    "erase": 2,
    "reschedule": 1,
    "schedule": 1,
    "start": 2,
    "end": 1,
    "cancel": 1,
}
SEEN = {"present": 9, ANY: 2, "earlier": 2, "later": 1, NONE: 1}


@dataclass
class Walk:
    """One walk; `came` counts what was asked and how it was answered, over all walks."""

    client: httpx.Client
    dice: Random
    came: Counter[tuple[str, str]]
    model: Model = field(default_factory=Model)
    asked: list[Ask] = field(default_factory=list)
    mark: str = field(default_factory=lambda: uuid4().hex[:8])
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(self.client)

    def go(self, steps: int) -> None:
        """Begin with a meeting that few can register for, take the steps, and look back."""
        self.ask(Ask(act="plan", value=0, key=self._key()))
        capacity = self.dice.choice([1, 1, 2, None])
        self.ask(Ask(act="open-invitations", value=capacity, seen=ANY))
        kinds = {self.one: 12, self.several: 5, self.again: 2, self.other: 1, self.another: 1}
        for _ in range(steps):
            self._drawn(kinds)()
        for number, meeting in enumerate(self.model.meetings):
            self.compare(number)
            self._history(number, meeting.version)

    def one(self) -> None:
        self.ask(self._drawn_ask())

    def again(self) -> None:
        """With the key and the version of then."""
        self.ask(self.dice.choice([one for one in self.asked if one.key]))

    def other(self) -> None:
        """Something else under the same key."""
        asked = [one for one in self.asked if one.key and one.act in VALUES]
        first = self.dice.choice(asked)
        self.ask(replace(first, value=self.dice.choice(VALUES[first.act])))

    def another(self) -> None:
        if len(self.model.meetings) < 2:
            self.ask(Ask(act="plan", value=self.dice.choice(VALUES["plan"]), key=self._key()))

    def several(self) -> None:
        """At once; the last one may be the first one over again."""
        asks = [self._drawn_ask() for _ in range(self.dice.choice([2, 3]))]
        if self.dice.random() < 0.3:
            asks[-1] = asks[0]
        self.ask_at_once(asks)

    def ask(self, ask: Ask) -> None:
        self.asked.append(ask)
        expected, answer = self.model.answer(ask), self.world.send(ask)
        assert told_by(ask, answer) == replace(expected, of=None), answer.text
        self.came[ask.act, expected.code or str(expected.status)] += 1
        self.world.learn(expected, answer)
        self.compare(ask.meeting if expected.of is None else expected.of[0])

    def ask_at_once(self, asks: Sequence[Ask]) -> None:
        self.asked += asks
        gate = Barrier(len(asks))

        def send(ask: Ask) -> httpx.Response:
            gate.wait(30)
            return self.world.send(ask)

        with ThreadPoolExecutor(len(asks)) as crowd:
            answers = list(crowd.map(send, asks))
        told = [told_by(ask, answer) for ask, answer in zip(asks, answers, strict=True)]
        for ask, one in zip(asks, told, strict=True):
            self.came[ask.act, one.code or str(one.status)] += 1
        done = [number for number in range(len(asks)) if not _did_nothing(number, asks, told)]
        self.model = self.in_some_order(asks, told, answers, done)

    def in_some_order(
        self,
        asks: Sequence[Ask],
        told: Sequence[Answer],
        answers: Sequence[httpx.Response],
        done: Sequence[int],
    ) -> Model:
        """The model after an order in which these answers are right, and what is shown now."""
        seen = {one.meeting: self.world.shown(one.meeting) for one in asks}
        for order in permutations(done):
            model = deepcopy(self.model)
            expected = {number: model.answer(asks[number]) for number in order}
            if any(replace(expected[number], of=None) != told[number] for number in order):
                continue
            if any(shown(model.meetings[at]) != view for at, view in seen.items()):
                continue
            for number in order:
                self.world.learn(expected[number], answers[number])
            return model
        raise AssertionError(f"In no order {asks} are answered {told}, and leave {seen}.")

    def compare(self, number: int) -> None:
        assert self.world.shown(number) == shown(self.model.meetings[number])

    def _history(self, number: int, version: int) -> None:
        path = f"{self.world.paths[number]}/history"
        told = self.client.get(path, params={"limit": 200}).raise_for_status().json()["items"]
        assert [one["version"] for one in told] == list(range(1, version + 1))

    def _drawn_ask(self) -> Ask:
        at = self.dice.randrange(len(self.model.meetings))
        meeting = self.model.meetings[at]
        act = self._drawn({one: often * _aptness(one, meeting) for one, often in ACTS.items()})
        if act in OF_GUESTS and not meeting.guests:
            act = "register"
        seen = self._drawn(SEEN)
        versions = {"present": meeting.version, "earlier": meeting.version - 1, "later": 1_000}
        key = self.dice.choice([self._key(), self._key(1), self._key(2), None, None])
        return Ask(
            act=act,
            meeting=at,
            value=self.dice.choice(VALUES[act]) if act in VALUES else None,
            person=self.dice.choice(list(meeting.guests)) if act in OF_GUESTS else None,
            seen=versions.get(seen, seen) if act in CHANGES else NONE,
            key=self._key() if act == "register" and key is None else key,
        )

    def _drawn(self, weights: Mapping[Any, int]) -> Any:
        return self.dice.choices(list(weights), list(weights.values()))[0]

    def _key(self, number: int | None = None) -> str:
        """Of nothing before; or one that may have been taken."""
        return f"{self.mark}-{len(self.asked)}-new" if number is None else f"{self.mark}-{number}"


def _aptness(act: str, meeting: Meeting) -> int:
    """What would be refused is asked less often, and what ends a meeting is no better."""
    is_apt = meeting.state in WHEN.get(act, AHEAD)
    return 4 if is_apt and act not in ("start", "cancel") else 1


def _did_nothing(number: int, asks: Sequence[Ask], told: Sequence[Answer]) -> bool:
    """Whether it was sent away because of another one that just ran, and is to come again.

    That one came under the same key, or erases who registers.
    """
    ask, others = asks[number], [*asks[:number], *asks[number + 1 :]]
    if told[number] == BUSY:
        return any(one.key is not None and one.scope == ask.scope for one in others)
    if told[number] == ERASED and ask.act == "register":
        here = [one for one in others if one.act == "erase" and one.meeting == ask.meeting]
        return any(one.person is not None and one.person[0] == ask.value for one in here)
    return False
