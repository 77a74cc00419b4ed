"""Which generation an event belongs to, what of it stands, and where a restored store forks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from contracts.envelope import Message
from eventkit.consuming.inbox import Action, Handle, Inbox, Known, Lost, Park
from eventkit.generations import Generation, Line, State
from eventkit.restoring.restored import Compared, Evidence, NotNow
from tests.unit.eventkit.test_inbox import GENERATION, SOURCE, after, having, message

THEN = datetime(2020, 10, 16, tzinfo=UTC)
FIRST, SECOND, THIRD, STRANGE = GENERATION, UUID(int=2), UUID(int=3), UUID(int=4)
LINE = Line({FIRST: 10, SECOND: None, STRANGE: 0})


def generation(one: UUID, forked_at: int, ended_at: int | None) -> Generation:
    return Generation(one, None, forked_at, THEN, ended_at)


def sorted_out(known: Known, arrival: Message) -> list[Action]:
    return Inbox(SECOND, known, having(), SOURCE, LINE).sort(arrival)


def at(position: int, version: int, of: UUID = FIRST) -> Message:
    return replace(message(version), position=position, generation=of)


def test_an_event_is_told_in_the_generation_that_its_position_lies_in() -> None:
    line = [generation(FIRST, 0, 10), generation(SECOND, 10, 10), generation(THIRD, 10, None)]
    state = State(THIRD, None, [*line, generation(STRANGE, 0, 0)])
    assert [state.at(position) for position in (1, 10, 11, 99)] == [FIRST, FIRST, THIRD, THIRD]
    assert state.line.present == THIRD


def test_what_stands_of_an_earlier_generation_is_handled_as_of_the_present_one() -> None:
    (action,) = sorted_out(Known(), at(10, 1))
    assert isinstance(action, Handle)
    assert action.message == at(10, 1, SECOND)


@pytest.mark.parametrize("arrival", [at(11, 1), at(1, 1, STRANGE)])
def test_what_does_not_stand_is_lost_and_never_handled(arrival: Message) -> None:
    assert sorted_out(Known(), arrival) == [Lost(arrival)]


def test_what_was_carried_over_is_not_lost_though_a_topic_has_it_in_the_old_generation() -> None:
    assert sorted_out(after(3), at(11, 2)) == []


def test_an_event_of_a_generation_that_the_source_does_not_know_is_parked() -> None:
    (action,) = sorted_out(Known(), at(1, 1, THIRD))
    assert isinstance(action, Park)
    assert action.reason == "generation"


def evidence(
    agreed: set[int], lost: list[int], *, head: int = 20, proven: int | None = None
) -> Evidence:
    topic = Compared(agreed, [at(position, position) for position in lost])
    return Evidence(
        present=generation(FIRST, 5, None),
        suspicion=None,
        head=head,
        proven=topic.common if proven is None else proven,
        topic=topic,
    )


def test_the_fork_is_where_topic_and_store_last_agree_before_they_differ() -> None:
    assert evidence({6, 7, 8, 12}, [10, 11]).fork(None) == 8
    assert evidence({6, 7, 8, 12}, []).fork(None) == 12


def test_what_a_dump_proves_is_taken_as_it_is() -> None:
    assert evidence({6}, [8], proven=7).fork(None) == 7


def test_without_proof_the_whole_generation_is_told_again() -> None:
    assert evidence(set(), []).fork(None) == 5
    assert evidence({3}, []).fork(None) == 5


def test_a_fork_that_cannot_be_right_is_refused() -> None:
    assert evidence({6}, [8]).fork(7) == 7
    for wanted in (4, 21):
        with pytest.raises(NotNow, match="from 5 to 20"):
            evidence(set(), []).fork(wanted)
    with pytest.raises(NotNow, match="another event at position 8"):
        evidence({6}, [8]).fork(8)
