"""Open the kit of a process: pools, store, vault and projectors."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from eventkit.database import connect, session
from eventkit.projection import Projector
from eventkit.readmodel import ReadModel
from eventkit.store import Store
from eventkit.tables import GENERATIONS
from eventkit.unit import Kit
from eventkit.vault import Vault

_NEWEST = sa.select(GENERATIONS.c.generation).order_by(GENERATIONS.c.started_at.desc()).limit(1)


def open_kit(
    *,
    name: str,
    database_url: str,
    key_database_url: str,
    master_key: bytes,
    chain_key: bytes,
    read_models: Iterable[ReadModel],
    pool_size: int,
) -> Kit:
    """Connect to a migrated database; raises Unavailable. Call after a fork, never before."""
    engine = connect(database_url, pool_size=pool_size, name=name)
    keys = connect(key_database_url, pool_size=2, name=f"{name}-keys")
    with session(engine) as connection:
        generation = connection.scalars(_NEWEST).one()
    store = Store(chain_key=chain_key, generation=generation, vault=Vault(keys, master_key))
    projectors = [Projector(model) for model in read_models]
    return Kit(name=name, engine=engine, store=store, projectors=projectors)
