"""The kit's tables that are asked through SQLAlchemy Core; migrations make them and all others."""

import sqlalchemy as sa

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

# In the key database. A row without a key is a person who was erased.
PERSON_KEYS = sa.Table(
    "person_keys",
    key_metadata,
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("wrapped", sa.LargeBinary),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("erased_at", sa.DateTime(timezone=True)),
)
