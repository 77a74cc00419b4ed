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
