"""Opens a site: ports and secrets, servers, databases, then the services, the registry first."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from random import randrange
from subprocess import Popen

from local import kafka, postgres
from local.credentials import load
from local.databases import create
from local.identities import OPERATOR, first_operator
from local.ports import LOOPBACK, answers, free_port, is_free
from local.processes import StartFailed, last_lines
from local.registry_client import create_client, token
from local.settings import CHECKOUT, SERVICES, Settings
from tests.faults.parts import Part, Server
from tests.faults.site import ROLES, Site, Wish

CALLERS = ("meetings", "notifications")


@contextmanager
def open_site(folder: Path, wish: Wish | None = None) -> Iterator[Site]:
    """Start everything and return when all of it is ready; end it, whatever happens."""
    wish = wish or Wish()
    site = planned(folder, wish)
    with ExitStack() as ended:
        ended.enter_context((wish.prepare or (lambda _: nullcontext()))(site))
        ended.callback(site.end)
        start_servers(site)
        for service in SERVICES:
            create(site.database(service))
        site.migrate()
        start_services(site)
        yield site


def planned(folder: Path, wish: Wish) -> Site:
    """Ports and secrets; nothing runs yet."""
    base = port_base()
    back = {"postgres": free_port(), "kafka": free_port()}
    at = Settings(port_base=base, folder=folder)
    back |= {"smtp": at.smtp, "webhooks": at.webhooks}
    front = back | {name: free_port() for name in wish.fronts}
    broker = f"{LOOPBACK}:{front['kafka']}" if wish.kafka else None
    return Site(
        folder=folder,
        wish=wish,
        settings=Settings(port_base=base, folder=folder, kafka=broker),
        credentials=load(folder / "secrets" / "credentials.json"),
        back=back,
        front=front,
    )


def start_servers(site: Site) -> None:
    """The database, the broker, and who receives mails and webhooks."""
    site.servers["postgres"] = Server(name="postgres", begin=partial(begin_postgres, site))
    if site.wish.kafka:
        site.servers["kafka"] = Server(name="kafka", begin=partial(begin_kafka, site))
    for server in site.servers.values():
        server.start()
    paths = {"PYTHONPATH": f"{CHECKOUT}{os.pathsep}{CHECKOUT / 'deploy'}"}
    ports = [str(site.back["smtp"]), str(site.back["webhooks"])]
    site.parts["receivers"] = Part(
        name="receivers",
        command=[sys.executable, "-m", "tests.faults.receivers", *ports, str(site.folder)],
        environment={**os.environ, **paths},
        log=site.folder / "log" / "receivers.log",
        cwd=CHECKOUT,
        ready=lambda: answers(site.back["smtp"]) and answers(site.back["webhooks"]),
    )
    site.parts["receivers"].start()


def begin_postgres(site: Site) -> Popen[bytes]:
    return postgres.start(
        site.folder / "postgres",
        port=site.back["postgres"],
        password=site.credentials.postgres,
        log=site.folder / "log" / "postgres.log",
    ).process


def begin_kafka(site: Site) -> Popen[bytes]:
    log = site.folder / "log" / "kafka.log"
    return kafka.start(
        site.folder / "kafka",
        port=site.back["kafka"],
        advertised=site.front["kafka"],
        log=log,
        tell=print,
    ).process


def start_services(site: Site) -> None:
    """The registry first: it makes the identities with which the others call one another."""
    first_operator(site.credentials, site.environment("registry"))
    registry = site.add("registry", "api")
    if not site.until(registry.ready, seconds=90):
        raise StartFailed(f"The registry does not start.\n{last_lines(registry.log, 15)}")
    port = site.settings.api("registry")
    operator = token(port, site.credentials.clients[OPERATOR])
    for name in CALLERS:
        body = {"name": f"Netztreff {name}", "role": "service"}
        site.credentials.clients[name] = create_client(port, operator, body)
    site.credentials.save()
    for service, roles in ROLES.items():
        for role in roles:
            if f"{service}-{role}" not in site.parts:
                site.add(service, role)
    site.heal()


def port_base() -> int:
    """The first port of a range that is free as a whole."""
    while True:
        base = randrange(20_000, 30_000)
        if all(map(is_free, Settings(port_base=base).ports())):
            return base
