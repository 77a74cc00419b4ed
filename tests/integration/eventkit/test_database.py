"""What every connection of the pool brings along, and what ends a writer that stands still."""

import pytest

from eventkit.database import Unavailable, raw_session, transaction
from eventkit.unit import Kit


def test_a_writer_that_stands_still_within_a_pipeline_does_not_hold_up_readers(kit: Kit) -> None:
    with raw_session(kit.engine) as reader:
        with pytest.raises(Unavailable), raw_session(kit.engine) as writer:
            limit = writer.execute("SHOW transaction_timeout").fetchone()
            assert limit == ("1min",)
            writer.execute("SET transaction_timeout = '300ms'")
            with transaction(writer):
                held = "SELECT pg_advisory_xact_lock_shared((20052::bigint << 48) + 7)"
                writer.execute(held).fetchone()
                freed = "SELECT pg_advisory_xact_lock((20052::bigint << 48) + 7)"
                reader.execute(freed).fetchone()
