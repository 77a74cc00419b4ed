"""What a service's rules are made of: aggregates and refusals. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

State = TypeVar("State")
Command = TypeVar("Command")
Event = TypeVar("Event")


@dataclass(frozen=True, kw_only=True)
class Aggregate(Generic[State, Command, Event]):
    """A thing with a stream of its own, and the two functions that hold its rules.

    `decide` refuses by raising a Refusal, or names the events that follow (none: nothing to do).
    `evolve` keeps of an event what later decisions need. `judge` refuses who may not act on the
    thing as it stands, before anything else is compared, so that a stranger learns nothing of it.
    """

    name: str
    decide: Callable[[State | None, Command], list[Event]]
    evolve: Callable[[State | None, Event], State]
    judge: Callable[[State | None], None] | None = None

    def judged(self, judge: Callable[[State | None], None]) -> Self:
        """The same for one caller, whom `judge` refuses by raising a Refusal."""
        return replace(self, judge=judge)

    def stream(self, key: object) -> str:
        """The stream of one thing, such as `meeting-<uuid>` or `municipality-08111000`."""
        return f"{self.name}-{key}"


class Refusal(Exception):
    """A rule says no. `code` is stable and for programs, `detail` a sentence for people.

    `pointer` is the JSON pointer of the field that the rule speaks of, where there is one.
    """

    def __init__(self, code: str, detail: str, *, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.pointer = pointer


class Invalid(Refusal):
    """The command can never be right as it stands."""


class NotFound(Refusal):
    """The thing does not exist, or not for this caller."""


class Conflict(Refusal):
    """The command does not fit the present state."""


class Forbidden(Refusal):
    """The caller is known and may not do this."""
