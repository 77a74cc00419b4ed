"""Each promise of the event backbone, broken on purpose, and the tests that must turn red."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

KIT = "libs/eventkit/src/eventkit"
MIGRATIONS = f"{KIT}/migrations/store/*.py"
STEPS = "tests/integration/eventkit/test_order_by_steps.py"
WRITER_AND_READER = f"{STEPS}::test_a_reader_passes_nothing_by_wherever_it_and_a_writer_stand"
TWO_WRITERS = f"{STEPS}::test_a_reader_passes_nothing_by_wherever_two_writers_stand"
HELD_BACK = (
    "tests/integration/eventkit/test_order.py"
    "::test_an_open_append_holds_readers_back_and_no_other_transaction_does"
)
TOGETHER = "tests/integration/eventkit/test_all_or_nothing.py"
ANEW = "tests/integration/eventkit/test_topic_made_anew.py"
RELAY = "tests/integration/eventkit/test_relay.py"
INBOX = "tests/unit/eventkit/test_inbox.py"
KAFKA = "tests/integration/eventkit/test_kafka_transport.py::TestKafkaTransport"
FEED = "tests/integration/eventkit/test_feed_transport.py::TestFeedTransport"


class CodeMoved(Exception):
    """The code that a mutant changes is no longer there."""


@dataclass(frozen=True)
class Change:
    """One text for another, in each file of the pattern that holds it; at least in one."""

    files: str
    old: str
    new: str

    def make(self, tree: Path) -> None:
        """Raises CodeMoved."""
        found = [path for path in tree.glob(self.files) if self.old in path.read_text("utf-8")]
        if not found:
            raise CodeMoved(f"no {self.files} has: {self.old}")
        for path in found:
            path.write_text(path.read_text("utf-8").replace(self.old, self.new), "utf-8")


@dataclass(frozen=True)
class Mutant:
    """What is broken, how, and every test that must see it."""

    name: str
    changes: tuple[Change, ...]
    tests: tuple[str, ...]


SEQUENCE_OF_READER = "    SELECT last_value INTO head FROM events_position_seq;\n"
LOCKS_OF_READER = (
    "    SELECT min((classid::bigint << 32) + objid::bigint) - (20052::bigint << 48)"
    """ INTO held
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid::bigint >> 16 = 20052;
"""
)
MARK_OF_WRITER = "    SELECT last_value INTO mark FROM events_position_seq;\n"
LOCK_OF_WRITER = "    PERFORM pg_advisory_xact_lock_shared((20052::bigint << 48) + mark);\n"
DREW_ONE = "RETURNING events.position, events.recorded_at INTO new_position, new_recorded_at;\n"
DREW_MANY = "    GET DIAGNOSTICS written = ROW_COUNT;\n"
PUBLISH = """        self._publisher.publish(told, place.log)
        reach("relay.after_ack")
"""
BY_NAME = "content(name=one.name,"
AFTER_FAILURE = """            except BrokerUnavailable:
                self._log_checked = NEVER
                raise
"""
SAVE = "        self._save(raw, place, _Place(place.epoch, known[-1].position, place.log))\n"

KEEP_KEY = "SELECT keep_idempotency_key(%s, %s, %s, %s, %s, %s)"

MUTANTS = (
    Mutant(
        "readers go by position, without the mark",
        (Change(MIGRATIONS, "RETURN least(head, held);", "RETURN head;"),),
        (WRITER_AND_READER, TWO_WRITERS, HELD_BACK),
    ),
    Mutant(
        "readers page by position below the snapshot's xmin",
        (
            Change(
                MIGRATIONS,
                "position <= upto",
                "xmin::text::bigint < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
            ),
        ),
        (TWO_WRITERS,),
    ),
    Mutant(
        "readers look at the locks before the sequence",
        (
            Change(
                MIGRATIONS,
                SEQUENCE_OF_READER + LOCKS_OF_READER,
                LOCKS_OF_READER + SEQUENCE_OF_READER,
            ),
        ),
        (WRITER_AND_READER,),
    ),
    Mutant(
        "a writer draws its position before its mark",
        (
            Change(MIGRATIONS, LOCK_OF_WRITER, ""),
            Change(MIGRATIONS, DREW_ONE, DREW_ONE + MARK_OF_WRITER + LOCK_OF_WRITER),
            Change(MIGRATIONS, DREW_MANY, DREW_MANY + MARK_OF_WRITER + LOCK_OF_WRITER),
        ),
        (WRITER_AND_READER,),
    ),
    Mutant(
        "a writer takes no mark",
        (Change(MIGRATIONS, LOCK_OF_WRITER, ""),),
        (WRITER_AND_READER, TWO_WRITERS),
    ),
    Mutant(
        "the relay saves its position before the broker's ack",
        (Change(f"{KIT}/relay.py", PUBLISH + SAVE, SAVE + PUBLISH),),
        (f"{RELAY}::test_the_position_stays_where_the_broker_did_not_acknowledge",),
    ),
    Mutant(
        "the relay saves under any epoch",
        (
            Change(
                f"{KIT}/relay.py",
                "WHERE name = %s AND epoch = %s AND position = %s",
                "WHERE name = %s AND %s::bigint > 0 AND position = %s",
            ),
        ),
        (f"{TOGETHER}::test_a_relay_without_its_lease_moves_nothing_even_where_nobody_moved",),
    ),
    Mutant(
        "the relay compares neither epoch nor position",
        (
            Change(
                f"{KIT}/relay.py",
                "WHERE name = %s AND epoch = %s AND position = %s",
                "WHERE name = %s AND %s::bigint > 0 AND %s::bigint >= 0",
            ),
        ),
        (f"{RELAY}::test_a_relay_that_was_overtaken_moves_nothing_and_stops",),
    ),
    Mutant(
        "the relay publishes to whatever topic has the name",
        (
            Change(f"{KIT}/kafka/pinned.py", "BY_ID = 13", "BY_ID = 9"),
            Change(f"{KIT}/kafka/pinned.py", "content(topic_id=self._topic_id,", BY_NAME),
        ),
        (f"{ANEW}::test_a_topic_made_anew_around_a_page_begins_with_the_first_event",),
    ),
    Mutant(
        "the relay's producer goes on after what the broker refused",
        (
            Change(
                f"{KIT}/kafka/pinned.py",
                ", KafkaError",
                ", KafkaError, OutOfOrderSequenceNumberError",
            ),
            Change(
                f"{KIT}/kafka/pinned.py",
                "NotAcknowledged(str(error))",
                "OutOfOrderSequenceNumberError()",
            ),
        ),
        (f"{ANEW}::test_nothing_is_sent_after_an_event_that_the_broker_refused",),
    ),
    Mutant(
        "the relay looks at the topic's id no sooner after a failure",
        (Change(f"{KIT}/relay.py", AFTER_FAILURE, ""),),
        (f"{ANEW}::test_a_topic_made_anew_around_a_page_begins_with_the_first_event",),
    ),
    Mutant(
        "Kafka's client commits offsets by itself",
        (
            Change(f"{KIT}/kafka/clients.py", "group_id=None", 'group_id="netztreff"'),
            Change(
                f"{KIT}/kafka/clients.py", "enable_auto_commit=False", "enable_auto_commit=True"
            ),
            Change(
                f"{KIT}/kafka/reader.py",
                "            self._client.seek(place, offset)\n",
                "            pass\n",
            ),
        ),
        (f"{KAFKA}::test_a_database_that_goes_away_in_the_middle_costs_nothing",),
    ),
    Mutant(
        "offsets are saved before the events have their effect",
        (
            Change(
                f"{KIT}/consuming/consumer.py",
                "            self._effects.commit(actions, epoch, progress)\n",
                "            self._effects.commit((), epoch, progress)\n"
                "            self._effects.commit(actions, epoch, progress)\n",
            ),
        ),
        (f"{FEED}::test_a_database_that_goes_away_in_the_middle_costs_nothing",),
    ),
    Mutant(
        "the consumer writes under any epoch",
        (
            Change(
                f"{KIT}/consuming/effects.py",
                "WHERE name = %s AND epoch = %s",
                "WHERE name = %s AND %s::bigint > 0",
            ),
        ),
        (f"{FEED}::test_a_consumer_that_was_overtaken_writes_nothing",),
    ),
    Mutant(
        "the inbox is committed in another transaction",
        (
            Change(
                f"{KIT}/consuming/effects.py",
                "        keep(raw, self._subscription.source, handled)\n",
                "        with session(self._kit.engine) as other:\n"
                "            keep(driver(other), self._subscription.source, handled)\n",
            ),
        ),
        (f"{FEED}::test_a_database_that_goes_away_in_the_middle_costs_nothing",),
    ),
    Mutant(
        "the inbox handles versions that it has seen",
        (
            Change(f"{KIT}/consuming/inbox.py", "if message.version <= head:", "if False:"),
            Change(f"{KIT}/consuming/inbox.py", "if message.version == head + 1:", "if True:"),
        ),
        (
            f"{INBOX}::test_a_known_version_is_dropped",
            f"{INBOX}::test_every_order_of_arrival_ends_in_versions_one_to_n",
        ),
    ),
    Mutant(
        "the inbox takes a later version for the next one",
        (
            Change(
                f"{KIT}/consuming/inbox.py",
                "if message.version == head + 1:",
                "if message.version > head:",
            ),
        ),
        (
            f"{INBOX}::test_a_gap_is_closed_with_what_the_source_has",
            f"{FEED}::test_duplicates_and_disorder_end_in_one_effect_each",
        ),
    ),
    Mutant(
        "the inbox takes a fork for a repetition",
        (
            Change(
                f"{KIT}/consuming/inbox.py",
                "            return self._seen(message)\n",
                "            return []\n",
            ),
        ),
        (
            f"{INBOX}::test_another_event_under_a_known_version_is_a_fork",
            f"{FEED}::test_another_event_under_a_seen_version_is_a_fork",
        ),
    ),
    Mutant(
        "the consumer applies a fork",
        (
            Change(
                f"{KIT}/consuming/inbox.py",
                'return [self._park(message, "fork", "another event was seen as this version")]',
                "return [self._next(message)]",
            ),
        ),
        (
            f"{INBOX}::test_another_event_under_a_known_version_is_a_fork",
            f"{FEED}::test_another_event_under_a_seen_version_is_a_fork",
        ),
    ),
    Mutant(
        "rows of read models take versions that they have seen",
        (
            Change(
                f"{KIT}/projection.py",
                "if row is not None and row[VERSION] >= fact.version:",
                "if False:",
            ),
        ),
        (
            "tests/integration/eventkit/test_projection.py::test_events_that_come_twice_change_nothing",
        ),
    ),
    Mutant(
        "an idempotency key is kept before the command's transaction",
        (
            Change(
                f"{KIT}/unit.py",
                "            pending = decide(raw)\n",
                "            pending = decide(raw)\n"
                "            if idempotency:\n"
                "                version = pending.history.version + 1\n"
                "                kept = (*idempotency.values, pending.stream, version)\n"
                f"                raw.execute({KEEP_KEY!r}, kept)\n"
                "                idempotency = None\n",
            ),
        ),
        (f"{TOGETHER}::test_a_call_that_failed_leaves_no_key",),
    ),
    Mutant(
        "an idempotency key is kept after the command's transaction",
        (
            Change(
                f"{KIT}/unit.py",
                "            pending = decide(raw)\n",
                "            pending = decide(raw)\n"
                "            if idempotency:\n"
                "                written = self._once(decide, None, queue)\n"
                "                kept = (*idempotency.values, written.stream, written.version)\n"
                f"                raw.execute({KEEP_KEY!r}, kept)\n"
                "                return written\n",
            ),
        ),
        (f"{TOGETHER}::test_a_call_whose_key_cannot_be_kept_stores_nothing",),
    ),
)
