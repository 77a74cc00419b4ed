"""The relay broken: what is published where, and which position is saved when."""

from tests.mutants.mutant import KIT, Change, Mutant

TOGETHER = "tests/integration/eventkit/test_all_or_nothing.py"
ANEW = "tests/integration/eventkit/test_topic_made_anew.py"
RELAY = "tests/integration/eventkit/test_relay.py"
PUBLISH = """        self._publisher.publish(told, place.log)
        reach("relay.after_ack")
"""
BY_NAME = "content(name=one.name,"
AFTER_FAILURE = """            except BrokerUnavailable:
                self._log_checked = NEVER
                raise
"""
SAVE = "        self._save(raw, place, _Place(place.epoch, known[-1].position, place.log))\n"

RELAYING = (
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
)
