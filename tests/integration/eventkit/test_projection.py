"""A batch gives the same rows as one event after the other, whatever the batches are."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventkit.database import driver, session
from eventkit.projection import Projector
from eventkit.rebuild import contents_hash
from eventkit.recorded import Recorded
from eventkit.testing import folded, recorded
from eventkit.unit import Kit
from tests.integration.eventkit.sample import TITLES, SampleEvent, cancel, plan

STREAMS = [UUID(int=number) for number in range(1, 5)]


def history(choices: list[tuple[int, bool]]) -> list[Recorded[SampleEvent]]:
    """Events of several streams in one order, with versions that count within each."""
    versions = dict.fromkeys(STREAMS, 0)
    facts = []
    for number, (stream, ends) in enumerate(choices):
        key = STREAMS[stream]
        versions[key] += 1
        event = cancel(key) if ends and versions[key] > 1 else plan(key, f"Titel {number}")
        facts.append(recorded(event, stream=f"sample-{key}", version=versions[key]))
    return facts


def apply(kit: Kit, facts: list[Recorded[SampleEvent]], size: int) -> str:
    projector = Projector(TITLES)
    with session(kit.engine) as connection:
        driver(connection).execute("TRUNCATE titles")
        for start in range(0, len(facts), size):
            projector.apply(driver(connection), facts[start : start + size])
    return contents_hash(kit.engine, "titles")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    choices=st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=30),
    size=st.integers(2, 30),
)
def test_batches_and_single_events_agree(
    kit: Kit, choices: list[tuple[int, bool]], size: int
) -> None:
    facts = history(choices)
    assert apply(kit, facts, size) == apply(kit, facts, 1)


def test_events_that_come_twice_change_nothing(kit: Kit) -> None:
    facts = history([(0, False), (0, False), (1, False), (0, True)])
    once = apply(kit, facts, 10)
    with session(kit.engine) as connection:
        Projector(TITLES).apply(driver(connection), facts[1:])
    assert contents_hash(kit.engine, "titles") == once


def test_the_fold_without_a_database_gives_the_same_row() -> None:
    key = uuid4()
    rows = folded(TITLES, [plan(key), cancel(key)])
    assert rows == {
        (key,): {
            "meeting_id": key,
            "title": "Netzwerktreffen",
            "state": "cancelled",
            "seen": [1, 2],
        }
    }


def test_a_column_that_the_table_lacks_is_an_error() -> None:
    projector = Projector(TITLES)
    with pytest.raises(KeyError, match="titles has no column"):
        projector.statements.values({"colour": "red"})
