"""Rate limits: how many requests each caller has taken of its window (decision 0010)."""

import sqlalchemy as sa
from alembic import op

revision = "kit_0003"
down_revision = "kit_0002"
branch_labels = None
depends_on = None

# The sweep comes last and waits for nobody, so two calls never wait for one another.
TAKE = """
CREATE FUNCTION take_hits(
    of_caller bytea, wanted int, window_seconds int,
    OUT last_hit bigint, OUT seconds_left double precision
) LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := clock_timestamp();
BEGIN
    INSERT INTO rate_limits AS r (caller, hits, ends_at)
        VALUES (of_caller, wanted, moment + make_interval(secs => window_seconds))
        ON CONFLICT (caller) DO UPDATE
            SET hits = CASE WHEN r.ends_at <= moment THEN wanted ELSE r.hits + wanted END,
                ends_at = CASE WHEN r.ends_at <= moment THEN excluded.ends_at ELSE r.ends_at END
        RETURNING r.hits, extract(epoch FROM r.ends_at - moment) INTO last_hit, seconds_left;
    IF random() < 0.01 THEN
        DELETE FROM rate_limits WHERE caller IN (
            SELECT o.caller FROM rate_limits o WHERE o.ends_at < moment - interval '1 minute'
            LIMIT 1000 FOR UPDATE SKIP LOCKED);
    END IF;
END $$
"""


def upgrade() -> None:
    # Unlogged: losing the counts in a crash of the server costs less than writing them twice.
    op.create_table(
        "rate_limits",
        sa.Column("caller", sa.LargeBinary, primary_key=True),
        sa.Column("hits", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": 50},
    )
    op.execute(TAKE)
