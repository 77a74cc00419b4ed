"""Open the kit of a process: pools, store, vault and projectors."""

from __future__ import annotations

import sqlalchemy as sa

from eventkit.database import connect, session
from eventkit.parking.actions import PARKED_ACTION_ROWS
from eventkit.projection import Projector
from eventkit.service import Service
from eventkit.settings import Settings
from eventkit.store import Store
from eventkit.tables import STORE_STATE
from eventkit.unit import Kit
from eventkit.vault import Vault

_PRESENT = sa.select(STORE_STATE.c.generation)

# What every service has of its own events, beside its own read models.
KIT_READ_MODELS = (PARKED_ACTION_ROWS,)


def open_kit(service: Service, settings: Settings, *, pool_size: int) -> Kit:
    """Connect to a migrated database; raises Unavailable. Call after a fork, never before.

    `pool_size` bounds the connections of this process; one a thread that works at a time.
    """
    engine = connect(settings.database_url, pool_size=pool_size, name=service.name)
    keys = connect(settings.key_database_url, pool_size=2, name=f"{service.name}-keys")
    with session(engine) as connection:
        generation = connection.scalars(_PRESENT).one()
    vault = Vault(keys, settings.master_key)
    kit = Kit(
        name=service.name,
        settings=settings,
        engine=engine,
        store=Store(chain_key=settings.chain_key, generation=generation, vault=vault),
        projectors=[Projector(model) for model in (*service.read_models, *KIT_READ_MODELS)],
    )
    kit.people, kit.holdings = service.people, service.holdings
    return kit
