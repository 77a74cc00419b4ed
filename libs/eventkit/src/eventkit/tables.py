"""The kit's tables that are asked through SQLAlchemy Core; migrations make them and all others."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData()
key_metadata = sa.MetaData()

# A store that was restored from a backup starts a new generation (architecture: generations).
GENERATIONS = sa.Table(
    "generations",
    metadata,
    sa.Column("generation", sa.Uuid, primary_key=True),
    sa.Column("parent", sa.Uuid),
    sa.Column("forked_at", sa.BigInteger, nullable=False),
    sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
)

# One row: which generation is the present one, and why nothing may be appended to it, if so.
STORE_STATE = sa.Table(
    "store_state",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True),
    sa.Column("generation", sa.Uuid, nullable=False),
    sa.Column("suspect", sa.Text),
    sa.Column("home", postgresql.OID, nullable=False),
)

# Who was erased, here or at the service `owner`, and this service's part in it. It is settled when
# the owner took the part; where this service is the owner, when the key is gone.
ERASURES = sa.Table(
    "erasures",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("person", sa.Uuid, primary_key=True),
    # None where no event tells of it: the store has never, or not yet, heard of the person.
    sa.Column("event_id", sa.Uuid),
    sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("cleared", sa.Integer, nullable=False),
    sa.Column("remaining", sa.Integer, nullable=False),
    sa.Column("remains", sa.Text, nullable=False),
    sa.Column("settled_at", sa.DateTime(timezone=True)),
)

# At the owner: what each service said of its part, until all of it is certified by an event.
ERASURE_PARTS = sa.Table(
    "erasure_parts",
    metadata,
    sa.Column("person", sa.Uuid, primary_key=True),
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("cleared", sa.Integer, nullable=False),
    sa.Column("remaining", sa.Integer, nullable=False),
    sa.Column("remains", sa.Text, nullable=False),
    sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
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

# Beside them: the random ids of people who are known by what they said of themselves.
KNOWN_PEOPLE = sa.Table(
    "known_people",
    key_metadata,
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("person", sa.Text, nullable=False, unique=True),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
)

PARKED = sa.Table(
    "parked",
    metadata,
    sa.Column("id", sa.BigInteger, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("generation", sa.Uuid),
    sa.Column("stream", sa.Text),
    sa.Column("version", sa.Integer),
    sa.Column("event_id", sa.Uuid),
    sa.Column("type", sa.Text),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("message", sa.LargeBinary, nullable=False),
    sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("retry_at", sa.DateTime(timezone=True)),
    sa.Column("revision", sa.Integer, nullable=False),
)

# What a source's store lost in a restore, as far as it is known here.
LOST_EVENTS = sa.Table(
    "lost_events",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("event_id", sa.Uuid, primary_key=True),
    sa.Column("generation", sa.Uuid, nullable=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("had_effect", sa.Boolean, nullable=False),
    sa.Column("message", sa.LargeBinary),
    sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
)

# A read model of the events in contracts.operations.
PARKED_ACTIONS = sa.Table(
    "parked_actions",
    metadata,
    sa.Column("action_id", sa.Uuid, primary_key=True),
    sa.Column("parked_id", sa.BigInteger, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("revision", sa.Integer),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("correlation_id", sa.Text, nullable=False),
    sa.Column("request_id", sa.Uuid, nullable=False),
    sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("outcome", sa.Text),
    sa.Column("events", sa.Integer),
    sa.Column("why", sa.Text),
    sa.Column("done_at", sa.DateTime(timezone=True)),
    sa.Column("stream_version", sa.Integer, nullable=False),
)
