"""Restores: copies of databases in place of backups, what is said then, and who notices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

from click.testing import CliRunner, Result
from psycopg.sql import SQL, Composed, Identifier

from eventkit.commands import UPKEEP
from eventkit.conflicts import StoreSuspect
from eventkit.console import Console
from eventkit.consuming.consumer import Consumer
from eventkit.consuming.incoming import SourceUnavailable
from eventkit.database import Unavailable, driver, session
from eventkit.service import Service
from eventkit.unit import Kit
from local.databases import connect
from tests.integration.eventkit.network import Network, catch_up
from tests.integration.eventkit.sample import CONTEXT, KEY, SAMPLE, plan
from tests.integration.eventkit.wires import KafkaWire

_FILES = "CREATE DATABASE {new} TEMPLATE {old} OWNER {owner}"
# What a restored dump differs in: each table is another one than that which was dumped.
_AS_DUMP = """
CREATE TABLE made_anew (LIKE store_state INCLUDING ALL);
INSERT INTO made_anew SELECT * FROM store_state;
DROP TABLE store_state;
ALTER TABLE made_anew RENAME TO store_state;
GRANT SELECT ON store_state TO {service};
"""


@dataclass(frozen=True)
class Backup:
    """A copy of the files of a service's store. `server` is the URL of its superuser."""

    kit: Kit
    server: str
    name: str

    @classmethod
    def of(cls, kit: Kit, server: str) -> Backup:
        taken = cls(kit, server, f"backup_{token_hex(4)}")
        taken._copy(taken.database, taken.name)
        return taken

    @property
    def database(self) -> str:
        return str(self.kit.engine.url.database)

    def restore(self, *, as_dump: bool = False) -> None:
        """Put the copy in the place of the live store; clients connect again by themselves.

        From inside, a copy of the files looks like the original; a dump that was restored does not.
        """
        with connect(self.server) as server:
            server.execute(self._sql("DROP DATABASE {old} WITH (FORCE)", self.database))
        self._copy(self.name, self.database)
        if as_dump:
            with connect(self._url(self.database)) as database:
                service = Identifier(f"{self.database}_service")
                database.execute(SQL(_AS_DUMP).format(service=service))
                owner = Identifier(f"{self.database}_owner")
                database.execute(SQL("ALTER TABLE store_state OWNER TO {}").format(owner))

    def drop(self) -> None:
        with connect(self.server) as server:
            server.execute(self._sql("DROP DATABASE {old} WITH (FORCE)", self.name))

    def _copy(self, old: str, new: str) -> None:
        self.kit.engine.dispose()
        with connect(self.server) as server:
            server.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (old,)
            )
            server.execute(self._sql(_FILES, old, new))
            grant = SQL("GRANT CONNECT ON DATABASE {} TO {}")
            service = Identifier(f"{self.database}_service")
            server.execute(grant.format(Identifier(new), service))

    def _sql(self, text: str, old: str, new: str = "") -> Composed:
        owner = Identifier(f"{self.database}_owner")
        return SQL(text).format(old=Identifier(old), new=Identifier(new or old), owner=owner)

    def _url(self, database: str) -> str:
        return self.server.rpartition("/")[0] + f"/{database}"


def is_suspect(kit: Kit) -> str | None:
    with session(kit.engine) as connection:
        rows = driver(connection).execute("SELECT store_suspicion()").fetchall()
    return None if rows[0][0] is None else str(rows[0][0])


def say_restored(network: Network, postgres: str, *options: str) -> Result:
    """`store-restored` at the speaker; the server's superuser stands for the owner's role."""
    return command(network.speaker, network, postgres, "store-restored", *options)


def command(kit: Kit, network: Network, postgres: str, *arguments: str) -> Result:
    service = kit.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    environment = {
        "DATABASE_URL": service,
        "KEY_DATABASE_URL": service,
        "MIGRATION_DATABASE_URL": postgres.rpartition("/")[0] + f"/{kit.engine.url.database}",
        "MASTER_KEY": KEY,
        "CHAIN_KEY": KEY,
    }
    if isinstance(network.wire, KafkaWire):
        environment["KAFKA_BOOTSTRAP_SERVERS"] = network.wire.servers
    (wanted,) = [one for one in UPKEEP if one.name == arguments[0]]
    console = Console(Service(name=kit.name, migrations=Path()))
    try:
        return CliRunner().invoke(wanted, arguments[1:], obj=console, env=environment)
    finally:
        if "kit" in vars(console):
            console.kit.close()


def wait_for_suspicion(network: Network, consumer: Consumer) -> None:
    """Let whoever can see it look at the store, as their loops do."""
    for _ in range(10):
        if is_suspect(network.speaker):
            return
        with suppress(Unavailable, SourceUnavailable, StoreSuspect):
            network.wire.deliver()
        with suppress(Unavailable, SourceUnavailable):
            consumer.step()
    raise AssertionError("nobody noticed")


def ids(network: Network) -> set[UUID]:
    return {one.id for one in network.said()}


def heard(network: Network) -> dict[UUID, int]:
    return dict(network.rows("SELECT event_id, times FROM heard"))


def lost(network: Network) -> set[UUID]:
    return {one for (one,) in network.rows("SELECT event_id FROM lost_events")}


def speak(network: Network, key: UUID, what: Any) -> None:
    network.speaker.execute(SAMPLE, key, what, context=CONTEXT)
    network.wire.deliver()


Take = Callable[[Kit], Backup]


@contextmanager
def taking(postgres: str) -> Iterator[Take]:
    """Takes backups of stores, which end with the block."""
    with ExitStack() as taken:

        def one(kit: Kit) -> Backup:
            backup = Backup.of(kit, postgres)
            taken.callback(backup.drop)
            return backup

        yield one


def behind(network: Network, consumer: Consumer, postgres: str, backup: Backup, more: int) -> None:
    """After its backup the speaker tells of so many streams, is set back, says so and goes on."""
    network.say(streams=more)
    catch_up(network, consumer)
    backup.restore()
    assert say_restored(network, postgres, "--yes").exit_code == 0
    speak(network, key := uuid4(), plan(key))
    catch_up(network, consumer)
