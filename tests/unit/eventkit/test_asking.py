"""A source that is away is asked now and then, not for every gap."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import pytest

from contracts.envelope import Message
from eventkit.consuming.asking import Asking
from eventkit.consuming.incoming import Arrival, SourceUnavailable


@dataclass
class Away:
    """Streams that count how often they are asked, and do not answer until they are back."""

    asked: int = 0
    is_back: bool = False

    def stream(self, _: str, __: int) -> list[Message]:
        self.asked += 1
        if not self.is_back:
            raise SourceUnavailable("away")
        return []

    def generations(self) -> Mapping[UUID, int | None]:
        return dict.fromkeys([UUID(int=1)])

    def events(self) -> Iterator[Sequence[Arrival]]:
        yield self.stream("", 1)

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Clock:
    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def ask(asking: Asking, times: int = 20) -> None:
    for _ in range(times):
        with pytest.raises(SourceUnavailable):
            asking.stream("meeting-1", 1)


def test_after_one_failure_others_are_not_asked_for() -> None:
    away = Away()
    asking = Asking(away, Clock())
    ask(asking)
    assert away.asked == 1
    assert not asking.is_worthwhile


def test_the_pause_doubles_up_to_two_minutes() -> None:
    away, clock = Away(), Clock()
    asking = Asking(away, clock)
    for pause in (2, 4, 8, 16, 32, 64, 120, 120):
        ask(asking)
        clock.seconds += pause - 0.5
        ask(asking)
        clock.seconds += 0.5
    assert away.asked == 8


def test_a_source_that_is_back_is_asked_as_before() -> None:
    away, clock = Away(), Clock()
    asking = Asking(away, clock)
    ask(asking)
    away.is_back = True
    clock.seconds += 2
    assert asking.stream("meeting-1", 1) == []
    away.is_back = False
    ask(asking)
    clock.seconds += 2
    assert asking.is_worthwhile


def test_an_operator_may_insist() -> None:
    away = Away()
    asking = Asking(away, Clock())
    ask(asking)
    asking.insist()
    ask(asking, times=1)
    assert away.asked == 2
