"""The order of events broken: what readers pass by, and what writers owe them."""

from tests.mutants.mutant import KIT, Change, Mutant

MIGRATIONS = f"{KIT}/migrations/store/*.py"
STEPS = "tests/integration/eventkit/test_order_by_steps.py"
WRITER_AND_READER = f"{STEPS}::test_a_reader_passes_nothing_by_wherever_it_and_a_writer_stand"
TWO_WRITERS = f"{STEPS}::test_a_reader_passes_nothing_by_wherever_two_writers_stand"
HELD_BACK = (
    "tests/integration/eventkit/test_order.py"
    "::test_an_open_append_holds_readers_back_and_no_other_transaction_does"
)
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

ORDER = (
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
)
