"""An installation of its own whose every log, metric, topic, file and process can be searched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import psycopg
from aiosmtpd.controller import Controller
from kafka import KafkaConsumer, TopicPartition
from psycopg import sql

from local import run_file
from local.credentials import Credentials, load
from local.launch import Local
from local.ports import LOOPBACK
from local.processes import stop
from local.registry_client import token
from local.settings import SERVICES, Settings
from tests.e2e.api import Api
from tests.e2e.installation import port_base
from tests.integration.notifications.receivers import Receiver, open_receiver
from tests.mailbox import Mailbox
from tests.security.canary import secrets_in

TOPIC = "netztreff."


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A running installation, with the servers that it sends mail and webhooks to."""

    settings: Settings
    credentials: Credentials
    server: str
    local: Local
    http: httpx.Client
    mailbox: Mailbox
    receiver: Receiver
    # Each role's, for as long as the flight takes.
    tokens: dict[str, str] = field(default_factory=dict)

    def api(self, service: str, role: str = "organiser") -> Api:
        return Api(self.http, self.settings.url(service), lambda: self.token(role))

    def token(self, role: str) -> str:
        if role not in self.tokens:
            client = self.credentials.clients[role]
            self.tokens[role] = token(self.settings.api("registry"), client)
        return self.tokens[role]

    def metrics(self, *services: str) -> bytes:
        """As the operators' ports of the services tell them, of all unless some are named."""
        urls = [run_file.metrics(self.settings, name) for name in services or SERVICES]
        return b"\n".join(self.http.get(url).raise_for_status().content for url in urls)

    def feeds(self) -> bytes:
        """All pages of every feed, as a service reads them."""
        return b"\n".join(page for name in SERVICES for page in self._feed(name))

    def records(self) -> bytes:
        """Keys, values and headers of every record of every topic."""
        consumer = KafkaConsumer(bootstrap_servers=self.settings.kafka, enable_auto_commit=False)
        try:
            return b"\n".join(_records(consumer))
        finally:
            consumer.close()

    def log_lines(self) -> list[bytes]:
        """What the services' processes wrote since they started."""
        files = [self.settings.logs / f"{name}.log" for name in SERVICES]
        return [line for file in files for line in file.read_bytes().splitlines()]

    def pids(self) -> list[int]:
        """The database server, the services, and all of their children."""
        started = [psutil.Process(child.process.pid) for child in self.local.children]
        return [
            process.pid
            for parent in started
            for process in (parent, *parent.children(recursive=True))
        ]

    def secrets(self) -> set[bytes]:
        """Every password, key and client's secret of this installation."""
        file = self.settings.folder / "secrets" / "credentials.json"
        texts = secrets_in(json.loads(file.read_text("utf-8")))
        names = {client.client_id for client in self.credentials.clients.values()}
        return {text.encode() for text in texts - names}

    @contextmanager
    def broken_table(self, service: str, table: str) -> Iterator[None]:
        """While this holds, nothing can be written to a read model, and the server says why."""
        name = sql.Identifier(table)
        with self._superuser(service) as connection:
            connection.execute(
                sql.SQL("ALTER TABLE {} ADD CONSTRAINT broken CHECK (false) NOT VALID").format(name)
            )
            try:
                yield
            finally:
                connection.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT broken").format(name))

    @contextmanager
    def database_away(self, service: str) -> Iterator[None]:
        """While this holds, nobody reaches the service's database."""
        name = sql.Identifier(service)
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        with self._superuser("postgres") as connection:
            connection.execute(allow.format(name, sql.SQL("false")))
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [service],
            )
            try:
                yield
            finally:
                connection.execute(allow.format(name, sql.SQL("true")))

    def tables(self) -> bytes:
        """Every row of every table of the services' stores, parked events among them."""
        return b"\n".join(row for name in SERVICES for row in self._rows(name))

    def keys(self) -> set[str]:
        """The people who have a key in any service."""
        query = "SELECT person FROM person_keys WHERE wrapped IS NOT NULL"
        found = set()
        for name in SERVICES:
            with self._superuser(f"{name}_keys") as connection:
                found |= {str(person) for (person,) in connection.execute(query)}
        return found

    def flush(self) -> None:
        """Have the database server write everything to its files."""
        with self._superuser("postgres") as connection:
            connection.execute("CHECKPOINT")

    def _rows(self, database: str) -> Iterator[bytes]:
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        with self._superuser(database) as connection:
            for (table,) in connection.execute(tables).fetchall():
                query = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))
                with connection.cursor().copy(query) as copy:
                    yield from (bytes(part) for part in copy)

    def _superuser(self, database: str) -> psycopg.Connection[Any]:
        url = urlsplit(self.server)._replace(scheme="postgresql", path=f"/{database}").geturl()
        return psycopg.connect(url, autocommit=True)

    def _feed(self, service: str) -> Iterator[bytes]:
        api, path = self.api(service, "meetings"), "/events?limit=200"
        while (page := api.send("GET", path)).json():
            yield page.content
            path = page.links["next"]["url"]


def _records(consumer: KafkaConsumer) -> Iterator[bytes]:
    topics = [name for name in consumer.topics() if name.startswith(TOPIC)]
    parts = [
        TopicPartition(name, number)
        for name in topics
        for number in consumer.partitions_for_topic(name) or ()
    ]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    ends = consumer.end_offsets(parts)
    while any(consumer.position(part) < ends[part] for part in parts):
        for records in consumer.poll(timeout_ms=500).values():
            for record in records:
                headers = b" ".join(name.encode() + b"=" + value for name, value in record.headers)
                yield b"\n".join((record.key or b"", record.value or b"", headers))


@contextmanager
def watched(folder: Path, broker: str) -> Iterator[Watched]:
    """Start PostgreSQL, the services with all roles, a mail server and a webhook receiver."""
    settings = Settings(
        port_base=port_base(), example=False, kafka=broker, folder=folder / "watched"
    )
    credentials = load(settings.folder / "secrets" / "credentials.json")
    mailbox = Mailbox(port=settings.smtp)
    mail_server = Controller(mailbox, hostname=LOOPBACK, port=settings.smtp)
    with ExitStack() as ending:
        mail_server.start()
        ending.callback(mail_server.stop)
        receiver = ending.enter_context(open_receiver())
        local = Local(settings=settings, credentials=credentials, ending=ending)
        server = local.start_postgres()
        ending.callback(stop, local.processes)
        local.prepare_databases(server)
        local.migrate(server)
        local.start_services(server)
        yield Watched(
            settings=settings,
            credentials=credentials,
            server=server,
            local=local,
            http=ending.enter_context(httpx.Client(timeout=30, trust_env=False)),
            mailbox=mailbox,
            receiver=receiver,
        )
