"""The kit's own tables in a service's database, as the code sees them; migrations make them."""

import sqlalchemy as sa

metadata = sa.MetaData()
key_metadata = sa.MetaData()

EVENTS = sa.Table(
    "events",
    metadata,
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

# A store that was restored from a backup starts a new generation (architecture: generations).
GENERATIONS = sa.Table(
    "generations",
    metadata,
    sa.Column("generation", sa.Uuid, primary_key=True),
    sa.Column("parent", sa.Uuid),
    sa.Column("forked_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
)

IDEMPOTENCY = sa.Table(
    "idempotency",
    metadata,
    sa.Column("scope", sa.LargeBinary, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("resource", sa.Text, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
)

# In the key database. A row without a key is a person who was erased.
PERSON_KEYS = sa.Table(
    "person_keys",
    key_metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("wrapped", sa.LargeBinary),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("erased_at", sa.DateTime(timezone=True)),
)
