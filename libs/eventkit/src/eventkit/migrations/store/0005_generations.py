"""The store's state, without which nothing is appended (decision 0014)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "kit_0005"
down_revision = "kit_0004"
branch_labels = None
depends_on = None

# The oid of `home` is that of the table itself, until a dump is restored, which makes it anew.
SUSPICION = """
CREATE FUNCTION store_suspicion() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce(suspect, CASE WHEN home <> tableoid THEN 'restored from a dump' END)
    FROM store_state
$$
"""

# The service's role may mark its store, and cannot clear it.
MARK = """
CREATE FUNCTION suspect_store(why text) RETURNS boolean LANGUAGE sql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH marked AS (UPDATE store_state SET suspect = why WHERE suspect IS NULL RETURNING true)
    SELECT EXISTS (SELECT FROM marked)
$$
"""

REFUSE = """
CREATE FUNCTION refuse_unfit(of_generation uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    suspicion text := store_suspicion();
    present uuid := (SELECT generation FROM store_state);
BEGIN
    IF suspicion IS NOT NULL THEN
        RAISE EXCEPTION 'the store may be older than what it has told others'
            USING ERRCODE = 'object_not_in_prerequisite_state', CONSTRAINT = 'store_suspect',
                  DETAIL = suspicion;
    END IF;
    IF present <> of_generation THEN
        RAISE EXCEPTION 'the store has begun another generation'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'store_generation',
                  DETAIL = present;
    END IF;
END $$
"""

# Like its forerunner in kit_0001, whose comments hold. The insert itself looks at the state,
# so that this costs no statement of its own.
APPEND_ONE = """
CREATE FUNCTION {name}(
    of_generation uuid, of_stream text, of_version int, id uuid, of_type text, of_schema int,
    body json, meta json, of_hash bytea, occurred timestamptz, {key}
    OUT new_position bigint, OUT new_recorded_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
    mark bigint;
    previous timestamptz;
BEGIN{keep}
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
        SELECT of_stream, of_version, id, of_type, of_schema, body, meta,
               of_hash, occurred, greatest(clock_timestamp(), previous)
        FROM store_state s
        WHERE s.generation = of_generation AND s.suspect IS NULL AND s.home = s.tableoid
        RETURNING events.position, events.recorded_at INTO new_position, new_recorded_at;
    IF NOT FOUND THEN
        PERFORM refuse_unfit(of_generation);
    END IF;
END $$
"""
KEY = "key_scope bytea, key_fingerprint bytea, key_resource text, key_lock bigint,"
KEEP = """
    PERFORM keep_idempotency_key(
        key_scope, key_fingerprint, key_resource, key_lock, of_stream, of_version);"""

APPEND = """
CREATE FUNCTION append_events(
    of_generation uuid, streams text[], versions int[], bases int[], ids uuid[], types text[],
    schema_versions int[], bodies text[], metas text[], hashes bytea[], occurred timestamptz[]
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
        JOIN store_state s
            ON s.generation = of_generation AND s.suspect IS NULL AND s.home = s.tableoid
        LEFT JOIN events previous ON previous.stream = n.stream AND previous.version = n.base
        WHERE n.base = 0 OR previous.position IS NOT NULL
        ORDER BY n.row
        RETURNING events.position, events.recorded_at;
    GET DIAGNOSTICS written = ROW_COUNT;
    IF written <> cardinality(streams) THEN
        PERFORM refuse_unfit(of_generation);
        RAISE EXCEPTION 'a stream does not have the version to append to'
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'events_stream_version';
    END IF;
END $$
"""

# For processes of the software before this, which know no generation, until they have ended.
BEFORE = """
CREATE OR REPLACE FUNCTION append_event(
    of_stream text, of_version int, id uuid, of_type text, of_schema int, body text, meta text,
    of_hash bytea, occurred timestamptz,
    key_scope bytea, key_fingerprint bytea, key_resource text, key_lock bigint,
    OUT new_position bigint, OUT new_recorded_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    IF key_scope IS NOT NULL THEN
        PERFORM keep_idempotency_key(
            key_scope, key_fingerprint, key_resource, key_lock, of_stream, of_version);
    END IF;
    SELECT a.new_position, a.new_recorded_at INTO new_position, new_recorded_at
        FROM append_event((SELECT generation FROM store_state), of_stream, of_version, id, of_type,
                          of_schema, body::json, meta::json, of_hash, occurred) a;
END $$
"""
BEFORE_MANY = """
CREATE OR REPLACE FUNCTION append_events(
    streams text[], versions int[], bases int[], ids uuid[], types text[], schema_versions int[],
    bodies text[], metas text[], hashes bytea[], occurred timestamptz[]
) RETURNS TABLE (new_position bigint, new_recorded_at timestamptz) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT * FROM append_events(
        (SELECT generation FROM store_state), streams, versions, bases, ids, types,
        schema_versions, bodies, metas, hashes, occurred);
END $$
"""


def upgrade() -> None:
    op.create_table(
        "store_state",
        sa.Column("one", sa.Boolean, primary_key=True, server_default=sa.true()),
        sa.Column("generation", sa.Uuid, sa.ForeignKey("generations.generation"), nullable=False),
        # Why the store may be older than what it has told others; nothing is appended while set.
        sa.Column("suspect", sa.Text),
        # The oid that this table had when the generation began.
        sa.Column("home", postgresql.OID, nullable=False),
        sa.CheckConstraint("one", name="store_state_is_one_row"),
    )
    op.execute(
        "INSERT INTO store_state (generation, home) SELECT generation, 'store_state'::regclass"
        " FROM generations ORDER BY started_at DESC LIMIT 1"
    )
    op.execute(SUSPICION)
    op.execute(MARK)
    op.execute(REFUSE)
    op.execute(APPEND_ONE.format(name="append_event", key="", keep=""))
    op.execute(APPEND_ONE.format(name="append_event_once", key=KEY, keep=KEEP))
    op.execute(APPEND)
    op.execute(BEFORE)
    op.execute(BEFORE_MANY)
