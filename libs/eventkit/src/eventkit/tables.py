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

# How far the relay has published. Whoever holds the row's lease works; its epoch fences the rest.
RELAYS = sa.Table(
    "relays",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("log", sa.Text),
    sa.Column("holder", sa.Uuid),
    sa.Column("epoch", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("held_until", sa.DateTime(timezone=True)),
)

# One row a source: its lease, and how far it is known to be followed (decision 0004).
CONSUMERS = sa.Table(
    "consumers",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("generation", sa.Uuid),
    sa.Column("position", sa.BigInteger),
    sa.Column("head", sa.BigInteger),
    sa.Column(
        "current_at",
        sa.DateTime(timezone=True),
        nullable=False,
        server_default=sa.func.clock_timestamp(),
    ),
    sa.Column("holder", sa.Uuid),
    sa.Column("epoch", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("held_until", sa.DateTime(timezone=True)),
)

# Where to read on. `log` is the topic's id or "feed": another topic of the same name has none.
OFFSETS = sa.Table(
    "consumer_offsets",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("log", sa.Text, primary_key=True),
    sa.Column("partition", sa.Integer, primary_key=True),
    sa.Column("cursor", sa.Text, nullable=False),
)

# Every foreign event that had its effect here, or was skipped because its type is unknown.
INBOX = sa.Table(
    "inbox",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("generation", sa.Uuid, primary_key=True),
    sa.Column("stream", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("event_id", sa.Uuid, nullable=False),
    sa.Column("skipped", sa.Text),
)

# Foreign events that could not be handled, and those of their streams that wait behind them.
PARKED = sa.Table(
    "parked",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("generation", sa.Uuid),
    sa.Column("stream", sa.Text),
    sa.Column("version", sa.Integer),
    sa.Column("event_id", sa.Uuid),
    sa.Column("type", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.Column(
        "parked_at",
        sa.DateTime(timezone=True),
        nullable=False,
        server_default=sa.func.clock_timestamp(),
    ),
    sa.Column("retry_at", sa.DateTime(timezone=True)),
    sa.UniqueConstraint(
        "source", "generation", "stream", "version", "event_id", name="parked_event"
    ),
)
