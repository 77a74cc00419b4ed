"""A proxy before two replicas of the sample service, and an organiser before the proxy."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from eventkit.auth.principal import Principal
from local.databases import Databases
from tests.edge.proxy import Proxy, proxying
from tests.integration.eventkit.serving import SIGNER, Serving, environment, run, serving

# Two for the threads that wait for the database, and two for the others.
THREADS = 4
ORGANISER = Principal("client-1", "organiser")


@dataclass(frozen=True, kw_only=True)
class Edge:
    """The proxy, and what is behind `registry.…`."""

    proxy: Proxy
    replicas: tuple[Serving, Serving]

    def client(self, **headers: str) -> httpx.Client:
        """An organiser before the proxy."""
        return self.proxy.client("registry", headers=bearer() | headers)

    def token(self) -> bytes:
        return bearer()["Authorization"].removeprefix("Bearer ").encode()

    def arrived(self) -> int:
        """How many requests have reached a replica, also those that its web server refused."""
        return sum(_arrived(one.log) for one in self.replicas)


def bearer() -> dict[str, str]:
    return {"Authorization": f"Bearer {SIGNER.sign(ORGANISER)}"}


def _arrived(log: Path) -> int:
    written = log.read_text("utf-8")
    return written.count('"answered"') + written.count("request refused before the app")


@contextmanager
def open_edge(things: Databases, folder: Path) -> Iterator[Edge]:
    """Migrates these databases first; everything is ready, and ended afterwards."""
    migrated = run(environment(things), "migrate")
    assert migrated.returncode == 0, migrated.stderr
    settings = {
        "WEB_THREADS": str(THREADS),
        "TRUSTED_PROXIES": "127.0.0.1",
        "PUBLIC_URL": "https://registry.netz.example.org",
        "RATE_LIMIT_PER_ADDRESS": "off",
        "RATE_LIMIT_PER_CLIENT": "off",
    }
    with ExitStack() as ended:
        one, two = (
            ended.enter_context(serving(environment(things, **settings), folder / f"api-{n}.log"))
            for n in (1, 2)
        )
        addresses = [f"127.0.0.1:{one.port}", f"127.0.0.1:{two.port}"]
        proxy = ended.enter_context(proxying(folder, {"registry": addresses}))
        yield Edge(proxy=proxy, replicas=(one, two))
