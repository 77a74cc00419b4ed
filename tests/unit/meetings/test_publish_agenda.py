from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from contracts.events.agenda import (
    AgendaItem,
    AgendaKind,
    AgendaPublished,
)
from eventkit.domain import Conflict, Invalid, Refusal
from meetings.domain.agenda import PublishAgenda, end_of
from meetings.domain.phases import Phase
from tests.unit.meetings.given import (
    AFTERWARDS,
    ENDS_AT,
    FIXED,
    IDEA,
    MEETING_ID,
    RECORDED,
    STARTS_AT,
    decided,
    possible_in,
)

WELCOME, GREETING = AgendaKind.WELCOME, AgendaKind.GREETING


def item(
    start: int | None = None, end: int | None = None, kind: AgendaKind = AgendaKind.WORK
) -> AgendaItem:
    """An item between minutes of the meeting."""
    return AgendaItem(
        title="Punkt",
        kind=kind,
        starts_at=None if start is None else STARTS_AT + timedelta(minutes=start),
        ends_at=None if end is None else STARTS_AT + timedelta(minutes=end),
    )


def publish(*items: AgendaItem) -> PublishAgenda:
    return PublishAgenda(meeting_id=MEETING_ID, items=items)


def refusal(*items: AgendaItem) -> tuple[str, str | None]:
    with pytest.raises(Refusal) as refused:
        decided(FIXED, publish(*items))
    return refused.value.code, refused.value.pointer


def test_eight_items_one_without_a_time_are_an_agenda() -> None:
    starts = [0, None, 30, 60, 75, 140, 150, 180]
    items = tuple(item(start) for start in starts)
    assert decided(FIXED, publish(*items)) == [
        AgendaPublished(meeting_id=MEETING_ID, revision=1, items=items)
    ]


def test_every_change_is_a_revision() -> None:
    (first,) = decided(FIXED, publish(item(0)))
    (second,) = decided((*FIXED, first), publish(item(10)))
    assert isinstance(second, AgendaPublished)
    assert second.revision == 2


def test_the_same_agenda_again_changes_nothing() -> None:
    (first,) = decided(FIXED, publish(item(0), item()))
    assert decided((*FIXED, first), publish(item(0), item())) == []


def test_a_gap_is_allowed() -> None:
    assert decided(FIXED, publish(item(0, 30), item(45, 60)))


def test_items_may_touch() -> None:
    assert decided(FIXED, publish(item(0, 30), item(30, 60)))


def test_an_overlap_is_refused() -> None:
    assert refusal(item(0, 30), item(29, 60)) == ("overlapping-items", "/items/1/starts_at")


def test_an_overlap_across_an_item_without_a_time_is_refused() -> None:
    assert refusal(item(0, 30), item(), item(20)) == (
        "overlapping-items",
        "/items/2/starts_at",
    )


def test_items_stand_in_the_order_of_their_times() -> None:
    assert refusal(item(30), item(0)) == ("items-out-of-order", "/items/1/starts_at")


def test_an_item_ends_after_it_starts() -> None:
    assert refusal(item(30, 20)) == ("bad-period", "/items/0/ends_at")


def test_a_moment_such_as_the_end_is_an_item() -> None:
    assert decided(FIXED, publish(item(0, 180), item(180, 180)))


@pytest.mark.parametrize(
    ("outside", "pointer"),
    [(item(-1), "/items/0/starts_at"), (item(170, 181), "/items/0/ends_at")],
)
def test_an_item_outside_the_meeting_is_refused(outside: AgendaItem, pointer: str) -> None:
    assert refusal(outside) == ("outside-the-meeting", pointer)


def test_an_empty_agenda_is_none() -> None:
    assert refusal() == ("empty-agenda", "/items")


def test_items_of_an_idea_have_no_times_yet() -> None:
    assert decided(IDEA, publish(item()))
    with pytest.raises(Conflict) as refused:
        decided(IDEA, publish(item(), item(0)))
    assert refused.value.pointer == "/items/1/starts_at"


def test_the_agenda_changes_until_the_meeting_was_held() -> None:
    assert possible_in(publish(item())) == {
        Phase.IDEA,
        Phase.SCHEDULED,
        Phase.OPEN,
        Phase.CLOSED,
        Phase.RUNNING,
    }


def test_history_gets_its_agenda_afterwards() -> None:
    welcome = AgendaItem(title="Begrüßung", kind=WELCOME, starts_at=RECORDED.starts_at)
    assert decided(AFTERWARDS, publish(welcome)) == [
        AgendaPublished(meeting_id=MEETING_ID, revision=1, items=(welcome,))
    ]


def test_the_agenda_of_history_lies_within_its_time() -> None:
    after = AgendaItem(title="Ausklang", kind=WELCOME, starts_at=STARTS_AT)
    with pytest.raises(Invalid) as refused:
        decided(AFTERWARDS, publish(after))
    assert refused.value.code == "outside-the-meeting"


def test_an_end_that_is_not_said_follows_from_the_next_item() -> None:
    items = (item(0, kind=WELCOME), item(kind=GREETING), item(30), item(60, 70), item(150))
    minutes = [30, 60, 70]
    ends = [STARTS_AT + timedelta(minutes=minute) for minute in minutes]
    assert [end_of(items, number, ENDS_AT) for number in range(5)] == [None, *ends, ENDS_AT]


@for_all(st.lists(st.tuples(st.integers(0, 180), st.integers(0, 60)), min_size=1, max_size=8))
def test_an_agenda_stands_exactly_when_no_item_starts_before_the_last_one_ended(
    spans: list[tuple[int, int]],
) -> None:
    items = [item(start, start + length) for start, length in spans]
    fits = all(start + length <= 180 for start, length in spans)
    in_turn = all(after[0] >= before[0] + before[1] for before, after in pairwise(spans))
    try:
        stands = bool(decided(FIXED, publish(*items)))
    except Invalid:
        stands = False
    assert stands == (fits and in_turn)
