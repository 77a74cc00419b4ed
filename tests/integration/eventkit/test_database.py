"""What every connection of the pool brings along, and what ends a writer that stands still."""

import psycopg
import pytest

from eventkit.database import Unavailable, raw_session, transaction
from eventkit.store import Connection
from eventkit.unit import Kit

HELD = "SELECT pg_advisory_xact_lock_shared((20052::bigint << 48) + 7)"
FREE = "SELECT pg_advisory_xact_lock((20052::bigint << 48) + 7)"


def stand_still(kit: Kit, reader: Connection) -> None:
    """Take a mark within a pipeline, and go on only when the reader got past it."""
    with raw_session(kit.engine) as writer:
        writer.execute("SET transaction_timeout = '300ms'")
        with transaction(writer):
            writer.execute(HELD).fetchone()
            reader.execute(FREE).fetchone()


def test_a_writer_that_stands_still_within_a_pipeline_does_not_hold_up_readers(kit: Kit) -> None:
    url = kit.settings.database_url.replace("+psycopg", "")
    with psycopg.connect(url, options="-c lock_timeout=10s", autocommit=True) as reader:
        with pytest.raises(Unavailable) as ended:
            stand_still(kit, reader)
        assert not isinstance(ended.value.__cause__, psycopg.errors.LockNotAvailable)


def test_no_transaction_lasts_longer_than_a_minute(kit: Kit) -> None:
    with raw_session(kit.engine) as raw:
        assert raw.execute("SHOW transaction_timeout").fetchone() == ("1min",)
