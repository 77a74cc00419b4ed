"""The event store: events, their ordered reading by the mark, generations, idempotency."""

import sqlalchemy as sa
from alembic import op

revision = "kit_0001"
down_revision = None
branch_labels = ("kit",)
depends_on = None

# Decision 0002. Writers hold a shared lock whose key is the sequence's value before they drew
# their positions; a reader stops at the smallest key that is still held.
APPEND = """
CREATE FUNCTION append_events(
    streams text[], versions int[], bases int[], ids uuid[], types text[], schema_versions int[],
    bodies text[], metas text[], hashes bytea[], occurred timestamptz[]
) RETURNS TABLE (new_position bigint, new_recorded_at timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    mark bigint;
    written int;
BEGIN
    SELECT last_value INTO mark FROM events_position_seq;
    PERFORM pg_advisory_xact_lock_shared((20052::bigint << 48) + mark);
    RETURN QUERY
        INSERT INTO events (stream, version, event_id, type, schema_version, data, metadata,
                            hash, occurred_at, recorded_at)
        SELECT n.stream, n.version, n.id, n.type, n.schema_version, n.body::json, n.meta::json,
               n.hash, n.occurred, greatest(clock_timestamp(), previous.recorded_at)
        FROM unnest(streams, versions, bases, ids, types, schema_versions, bodies, metas, hashes,
                    occurred)
             WITH ORDINALITY AS n(stream, version, base, id, type, schema_version, body, meta,
                                  hash, occurred, row)
        LEFT JOIN events previous ON previous.stream = n.stream AND previous.version = n.base
        WHERE n.base = 0 OR previous.position IS NOT NULL
        ORDER BY n.row
        RETURNING events.position, events.recorded_at;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(streams) THEN
        RAISE EXCEPTION 'a stream does not have the version to append to'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'events_stream_version';
    END IF;
END $$
"""

# The same for one event, which is what most commands append: scalars are three times cheaper to
# send than arrays. With a scope it also keeps the caller's idempotency key, or refuses.
# Whoever lost a race decides again under the exclusive form of the stream's lock, and then wins.
APPEND_ONE = """
CREATE FUNCTION append_event(
    of_stream text, of_version int, id uuid, of_type text, of_schema int, body text, meta text,
    of_hash bytea, occurred timestamptz,
    key_scope bytea, key_fingerprint bytea, key_resource text, key_lock bigint,
    OUT new_position bigint, OUT new_recorded_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    mark bigint;
    previous timestamptz;
BEGIN
    IF key_scope IS NOT NULL THEN
        PERFORM keep_idempotency_key(
            key_scope, key_fingerprint, key_resource, key_lock, of_stream, of_version);
    END IF;
    PERFORM pg_advisory_xact_lock_shared(20052, hashtext(of_stream));
    IF of_version > 1 THEN
        SELECT e.recorded_at INTO previous FROM events e
            WHERE e.stream = of_stream AND e.version = of_version - 1;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'the stream does not have the version to append to'
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'events_stream_version';
        END IF;
    END IF;
    SELECT last_value INTO mark FROM events_position_seq;
    PERFORM pg_advisory_xact_lock_shared((20052::bigint << 48) + mark);
    INSERT INTO events (stream, version, event_id, type, schema_version, data, metadata,
                        hash, occurred_at, recorded_at)
        VALUES (of_stream, of_version, id, of_type, of_schema, body::json, meta::json,
                of_hash, occurred, greatest(clock_timestamp(), previous))
        RETURNING events.position, events.recorded_at INTO new_position, new_recorded_at;
END $$
"""

# Keys are good for 24 hours, and now and then a call sweeps some older ones out. Two calls with
# one key: the second is refused while the first runs.
KEEP_KEY = """
CREATE FUNCTION keep_idempotency_key(
    key_scope bytea, key_fingerprint bytea, key_resource text, key_lock bigint,
    of_stream text, of_version int
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kept boolean;
BEGIN
    IF NOT pg_try_advisory_xact_lock((key_lock >> 32)::int, (key_lock << 32 >> 32)::int) THEN
        RAISE EXCEPTION 'the first call with this key still runs'
            USING ERRCODE = 'lock_not_available', CONSTRAINT = 'idempotency_key_busy';
    END IF;
    IF random() < 0.02 THEN
        DELETE FROM idempotency WHERE scope IN (
            SELECT o.scope FROM idempotency o WHERE o.recorded_at < now() - interval '25 hours'
            ORDER BY o.recorded_at LIMIT 200 FOR UPDATE SKIP LOCKED);
    END IF;
    INSERT INTO idempotency AS i (scope, fingerprint, resource, stream, version, recorded_at)
        VALUES (key_scope, key_fingerprint, key_resource, of_stream, of_version, now())
        ON CONFLICT (scope) DO UPDATE
            SET fingerprint = excluded.fingerprint, resource = excluded.resource,
                stream = excluded.stream, version = excluded.version, recorded_at = now()
            WHERE i.recorded_at <= now() - interval '24 hours'
        RETURNING true INTO kept;
    IF kept IS NULL THEN
        RAISE EXCEPTION 'another call with this key was faster'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'idempotency_key_kept';
    END IF;
END $$
"""

# Three statements, each with a snapshot of its own, in this order: sequence, locks, rows.
MARK = """
CREATE FUNCTION readable_position() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    head bigint;
    held bigint;
BEGIN
    SELECT last_value INTO head FROM events_position_seq;
    SELECT min((classid::bigint << 32) + objid::bigint) - (20052::bigint << 48) INTO held
    FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid::bigint >> 16 = 20052;
    RETURN least(head, held);
END $$
"""

READ = """
CREATE FUNCTION read_events(after bigint, page int) RETURNS SETOF events
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    upto bigint := readable_position();
BEGIN
    RETURN QUERY SELECT * FROM events
        WHERE position > after AND position <= upto ORDER BY position LIMIT page;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("position", sa.BigInteger, sa.Identity(always=True, cache=1), primary_key=True),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("schema_version", sa.SmallInteger, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("stream", "version", name="events_stream_version"),
    )
    op.create_table(
        "generations",
        sa.Column("generation", sa.Uuid, primary_key=True),
        sa.Column("parent", sa.Uuid),
        sa.Column("forked_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "idempotency",
        sa.Column("scope", sa.LargeBinary, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("idempotency_recorded_at", "idempotency", ["recorded_at"])
    op.execute(APPEND)
    op.execute(KEEP_KEY)
    op.execute(APPEND_ONE)
    op.execute(MARK)
    op.execute(READ)
    op.execute(
        "INSERT INTO generations (generation, forked_at, started_at) "
        "VALUES (gen_random_uuid(), 0, now())"
    )
