"""docs/integrate/events.md, run word for word: the feed with curl and Python, Kafka."""

import re
import sqlite3
import sys
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from local.ports import free_port
from local.settings import CHECKOUT
from tests.e2e.conftest import FEED, KAFKA
from tests.e2e.documented import BLOCK, placed, run
from tests.e2e.installation import Installation
from tests.e2e.network import new_network, plan_meeting

PAGE = (CHECKOUT / "docs" / "integrate" / "events.md").read_text("utf-8")
ON_FEED = pytest.mark.parametrize("installation", [FEED], indirect=True)
ON_KAFKA = pytest.mark.parametrize("installation", [KAFKA], indirect=True)
BASH = ["bash", "-eu", "-o", "pipefail"]


def code(heading: str, installation: Installation) -> str:
    """All code below a heading of the page."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = "\n".join(block["code"] for block in BLOCK.finditer(section))
    return placed(found, installation, free_port())


def follow(installation: Installation, store: Path) -> str:
    program = code("The feed with Python", installation)
    return run([sys.executable, "-", str(store)], program, store.parent)


def rows(table: str, store: Path) -> int:
    with sqlite3.connect(store) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    connection.close()
    return int(count)


def owner(installation: Installation) -> psycopg.Connection:
    """The database of meetings, as its owner."""
    text = (installation.folder / "meetings.env").read_text("utf-8")
    found = re.search(r"^MIGRATION_DATABASE_URL='?([^'\n]+)", text, re.MULTILINE)
    assert found
    return psycopg.connect(found[1].replace("postgresql+psycopg", "postgresql"), autocommit=True)


def test_all_code_of_the_page_is_run_here() -> None:
    inside = [PAGE.partition(f"\n## {heading}\n")[2] for heading in HEADINGS]
    blocks = [len(BLOCK.findall(text.partition("\n## ")[0])) for text in inside]
    assert sum(blocks) == len(BLOCK.findall(PAGE)) == PAGE.count("```") // 2
    assert all(blocks)


HEADINGS = ("The feed with curl", "The feed with Python", "Kafka with Python")


@ON_FEED
def test_the_feed_is_read_with_curl(installation: Installation, tmp_path: Path) -> None:
    printed = run(BASH, code("The feed with curl", installation), tmp_path)
    assert '"specversion": "1.0"' in printed
    assert '"$schema": "https://json-schema.org/draft/2020-12/schema"' in printed


@ON_FEED
def test_the_program_catches_up_and_goes_on_where_it_was(
    installation: Installation, tmp_path: Path
) -> None:
    store = tmp_path / "meetings.db"
    assert "new events" in follow(installation, store)
    meetings, handled = rows("meetings", store), rows("handled", store)
    assert handled > meetings > 0
    plan_meeting(installation, new_network(installation, members=0))
    again = follow(installation, store)
    assert rows("meetings", store) == meetings + 1
    # Read on, not from the start.
    found = sum(int(found) for found in re.findall(r"^(\d+) (?:new events|more)", again, re.M))
    assert found == rows("handled", store) - handled < handled


@ON_FEED
def test_an_event_that_comes_again_changes_nothing(
    installation: Installation, tmp_path: Path
) -> None:
    store = tmp_path / "meetings.db"
    follow(installation, store)
    with sqlite3.connect(store) as connection:
        connection.execute("DELETE FROM place")
        connection.execute("DELETE FROM meetings")
    connection.close()
    follow(installation, store)
    assert rows("meetings", store) == 0


@ON_FEED
def test_the_program_goes_on_after_the_source_was_restored(
    installation: Installation, tmp_path: Path
) -> None:
    store, old = tmp_path / "meetings.db", uuid4()
    with owner(installation) as database:
        database.execute("UPDATE generations SET parent = %s, forked_at = 5", (old,))
        database.execute("INSERT INTO generations VALUES (%s, NULL, 0, now())", (old,))
        try:
            with sqlite3.connect(store) as connection:
                connection.execute("CREATE TABLE place (one INTEGER PRIMARY KEY, cursor TEXT)")
                connection.execute("INSERT INTO place VALUES (1, ?)", (f"900.{old}",))
            connection.close()
            printed = follow(installation, store)
        finally:
            database.execute("DELETE FROM generations WHERE generation = %s", (old,))
            database.execute("UPDATE generations SET parent = NULL, forked_at = 0")
    assert "restored from a backup" in printed
    assert "new events" in printed


@ON_KAFKA
def test_the_topic_is_read_with_python(
    installation: Installation, kafka_broker: str, tmp_path: Path
) -> None:
    program = code("Kafka with Python", installation)
    assert program.count("127.0.0.1:9092") == 1
    printed = run([sys.executable, "-"], program.replace("127.0.0.1:9092", kafka_broker), tmp_path)
    assert "planned: " in printed
    told = re.search(r"^(\d+) events$", printed, re.M)
    assert told
    # The topic may hold an event twice, and the program tells each once.
    assert 0 < int(told[1]) <= in_topic(kafka_broker)


def in_topic(broker: str) -> int:
    """How many records the topic holds; the program's group must have handled as many."""
    consumer = KafkaConsumer(bootstrap_servers=broker, group_id="veranstaltungskalender")
    try:
        numbers = consumer.partitions_for_topic("netztreff.meetings")
        parts = [TopicPartition("netztreff.meetings", number) for number in numbers]
        ends = consumer.end_offsets(parts)
        assert {part: consumer.committed(part) or 0 for part in parts} == ends
        return int(sum(ends.values()))
    finally:
        consumer.close()
