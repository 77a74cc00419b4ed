"""What becomes of each arrival, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from uuid import UUID, uuid5

import pytest

from contracts.codec import encode
from contracts.envelope import Message
from contracts.events.meetings import MeetingCancelled
from eventkit.consuming.inbox import Action, Fetch, Handle, Inbox, Known, Park
from eventkit.consuming.incoming import SourceUnavailable, Unreadable
from eventkit.generations import Line

NOW = datetime(2020, 10, 16, tzinfo=UTC)
GENERATION = UUID(int=1)
SOURCE = "https://meetings.example.org"
EVENT = encode(MeetingCancelled(meeting_id=UUID(int=9), reason="Test"))


def message(version: int, stream: str = "meeting-1") -> Message:
    return Message(
        id=uuid5(GENERATION, f"{stream} {version}"),
        source=SOURCE,
        type="meeting.cancelled.v1",
        subject=stream,
        time=NOW,
        position=version,
        version=version,
        generation=GENERATION,
        correlation_id="c",
        recorded_at=NOW,
        data=EVENT,
    )


def having(*messages: Message) -> Fetch:
    """A source that has these."""

    def fetch(stream: str, first: int) -> list[Message]:
        return [one for one in messages if one.subject == stream and one.version >= first]

    return fetch


def inbox(known: Known | None = None, *missing: Message) -> Inbox:
    return Inbox(GENERATION, known or Known(), having(*missing), SOURCE)


def a_new_one(fetch: Fetch, line: Line | None = None) -> Inbox:
    """Of a consumer that was told the source's generations and has read nothing yet."""
    line = line or Line({GENERATION: None})
    return Inbox(line.present, Known(), fetch, None, line)


def away(_: str, __: int) -> list[Message]:
    raise SourceUnavailable("away")


def after(version: int) -> Known:
    """What is known once the stream was followed up to this version."""
    ids = {("meeting-1", number): message(number).id for number in range(1, version + 1)}
    return Known(heads={"meeting-1": version}, ids=ids)


def told(actions: list[Action]) -> list[tuple[str, int]]:
    return [
        (
            "handle" if isinstance(one, Handle) else getattr(one, "reason", "lost"),
            arrival_version(one),
        )
        for one in actions
    ]


def arrival_version(action: Action) -> int:
    arrival = action.message if isinstance(action, Handle) else action.arrival
    assert isinstance(arrival, Message)
    return arrival.version


def test_the_next_version_is_handled() -> None:
    assert told(inbox().sort(message(1))) == [("handle", 1)]
    assert told(inbox(after(6)).sort(message(7))) == [("handle", 7)]


def test_a_known_version_is_dropped() -> None:
    assert [inbox(after(3)).sort(message(version)) for version in (1, 2, 3)] == [[], [], []]


def test_a_version_is_known_within_the_same_batch_too() -> None:
    one = inbox()
    assert [told(one.sort(message(1))), one.sort(message(1))] == [[("handle", 1)], []]


def test_every_order_of_arrival_ends_in_versions_one_to_n() -> None:
    dice = Random(7)
    stream = [message(version) for version in range(1, 9)]
    for _ in range(200):
        arriving = [dice.choice(stream) for _ in range(12)]
        one = inbox(None, *stream)
        handled = [action for arrival in arriving for action in one.sort(arrival)]
        assert told(handled) == [
            ("handle", version) for version in range(1, max(m.version for m in arriving) + 1)
        ]


def test_a_gap_is_closed_with_what_the_source_has() -> None:
    found = inbox(after(1), message(2), message(3), message(4)).sort(message(5))
    assert told(found) == [("handle", version) for version in (2, 3, 4, 5)]


def test_a_gap_that_stays_open_parks_the_event_and_all_behind_it() -> None:
    one = inbox(after(1), message(2))
    assert told(one.sort(message(5))) == [("handle", 2), ("gap", 5)]
    assert told(one.sort(message(6))) == [("waiting", 6)]
    assert told(one.sort(message(1, "meeting-2"))) == [("handle", 1)]


def test_a_source_that_is_away_leaves_the_gap_open() -> None:
    (park,) = Inbox(GENERATION, after(1), away, SOURCE).sort(message(3))
    assert isinstance(park, Park)
    assert (park.reason, "away" in park.detail) == ("gap", True)


def test_another_event_under_a_known_version_is_a_fork() -> None:
    one = inbox(after(3))
    forged = replace(message(2), id=UUID(int=5))
    assert told(one.sort(forged)) == [("fork", 2)]
    assert told(one.sort(message(4))) == [("waiting", 4)]


def test_a_repetition_of_a_parked_stream_is_still_dropped() -> None:
    known = after(3)
    known.parked.add("meeting-1")
    assert inbox(known).sort(message(2)) == []


def test_an_unknown_type_is_handled_without_an_event() -> None:
    (action,) = inbox().sort(replace(message(1), type="meeting.dreamt.v1"))
    assert isinstance(action, Handle)
    assert action.event is None


def test_a_higher_version_of_a_known_type_waits_for_newer_software() -> None:
    assert told(inbox().sort(replace(message(1), type="meeting.cancelled.v2"))) == [("newer", 1)]


def test_refused_data_parks_and_says_where_it_is_wrong() -> None:
    (park,) = inbox().sort(replace(message(1), data=b'{"meeting_id": "x", "reason": "r"}'))
    assert isinstance(park, Park)
    assert (park.reason, "meeting_id" in park.detail) == ("refused", True)


def test_deeply_nested_data_is_refused_like_any_other() -> None:
    assert told(inbox().sort(replace(message(1), data=b"[" * 100_000))) == [("refused", 1)]


def test_what_is_no_event_is_parked_beside_all_streams() -> None:
    one = inbox()
    (park,) = one.sort(Unreadable(raw=b"\x00", reason="no JSON"))
    assert isinstance(park, Park)
    assert park.reason == "unreadable"
    assert told(one.sort(message(1))) == [("handle", 1)]


def test_the_first_message_tells_the_generation_and_others_are_parked() -> None:
    one = Inbox(None, Known(), having(), SOURCE)
    assert told(one.sort(message(1))) == [("handle", 1)]
    assert one.generation == GENERATION
    other = replace(message(2), generation=UUID(int=2))
    assert told(one.sort(other)) == [("generation", 2)]
    assert told(one.sort(message(2))) == [("handle", 2)]


def test_what_the_source_does_not_have_tells_no_address_though_it_comes_first() -> None:
    forged = replace(message(1), id=UUID(int=5), source="https://intruder.example.org")
    one = a_new_one(having(message(1), message(2)))
    (park,) = one.sort(forged)
    assert isinstance(park, Park)
    assert (park.reason, one.origin) == ("foreign", None)
    assert told(one.sort(message(1))) == [("handle", 1)]
    assert one.origin == SOURCE
    assert told(one.sort(message(2))) == [("handle", 2)]


def test_what_comes_first_is_taken_from_the_source_itself() -> None:
    one = a_new_one(having(message(1)))
    (action,) = one.sort(replace(message(1), source="https://intruder.example.org", data=b"{}"))
    assert isinstance(action, Handle)
    assert (action.message, one.origin) == (message(1), SOURCE)


def test_nothing_begins_while_the_source_is_away() -> None:
    with pytest.raises(SourceUnavailable):
        a_new_one(away).sort(message(1))


def test_what_the_source_lost_may_come_first_and_tells_no_address() -> None:
    line = Line({UUID(int=2): 1, GENERATION: None})
    lost = replace(message(2), generation=UUID(int=2))
    one = a_new_one(having(replace(message(1), generation=UUID(int=2))), line)
    assert told(one.sort(lost)) == [("lost", 2)]
    forged = replace(message(1), id=UUID(int=5), generation=UUID(int=2))
    assert told(one.sort(replace(forged, generation=UUID(int=3)))) == [("generation", 1)]
    assert [getattr(action, "reason", None) for action in one.sort(forged)] == ["foreign"]
    assert one.origin is None
    assert told(one.sort(replace(message(1), generation=UUID(int=2)))) == [("handle", 1)]
    assert one.origin == SOURCE
