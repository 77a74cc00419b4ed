"""Consumers broken: offsets, epochs, the inbox, and the rows of read models."""

from tests.mutants.mutant import KIT, Change, Mutant

INBOX = "tests/unit/eventkit/test_inbox.py"
KAFKA = "tests/integration/eventkit/test_kafka_transport.py::TestKafkaTransport"
FEED = "tests/integration/eventkit/test_feed_transport.py::TestFeedTransport"

CONSUMING = (
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
)
