"""Requests through the proxy at a steady pace, alone and beside hundreds of slow senders."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from threading import Event, Thread
from time import perf_counter, sleep

from bench.server import running_server
from bench.table import Goal, compete, report
from local.databases import Databases, create
from tests.edge.proxy import Proxy, trusting
from tests.edge.site import Edge, bearer, open_edge
from tests.edge.slow import slow_senders

CALLERS, PACE = 8, 8.0
AT_LEAST_SECONDS = 5.0
QUIET, ATTACKED = "undisturbed", "beside 390 slow senders"


def quiet(edge: Edge, tls: Path, seconds: float) -> float:
    """The 99th percentile of what others wait, in microseconds."""
    with get_context("spawn").Pool(1) as pool:
        found = pool.apply(_callers, (edge.proxy.port, tls, max(seconds, AT_LEAST_SECONDS)))
    return quantiles(found, n=100)[98] * 1e6


def attacked(edge: Edge, tls: Path, seconds: float) -> float:
    """The same while hundreds send a byte a second of what never ends."""
    over = Event()
    with slow_senders(edge.proxy) as senders:

        def drip() -> None:
            while not over.wait(1):
                for one in senders:
                    try:
                        one.sendall(b"y")
                    except OSError:
                        # Its time was over.
                        continue

        dripping = Thread(target=drip)
        dripping.start()
        try:
            return quiet(edge, tls, seconds)
        finally:
            over.set()
            dripping.join()


def _callers(port: int, tls: Path, seconds: float) -> list[float]:
    proxy = Proxy(port=port, log=tls, trust=trusting(tls))
    with ThreadPoolExecutor(CALLERS) as pool:
        of_each = pool.map(lambda _: _paced(proxy, seconds), range(CALLERS))
        return [waited for one in of_each for waited in one]


def _paced(proxy: Proxy, seconds: float) -> list[float]:
    """Seconds from when each request was due to its answer."""
    found = []
    with proxy.client("registry", headers=bearer()) as client:
        due = perf_counter()
        end = due + seconds
        while due < end:
            sleep(max(0.0, due - perf_counter()))
            assert client.get("/v1/things?limit=1").status_code == 200
            found.append(perf_counter() - due)
            due += 1 / PACE
    return found


def run(rounds: int, seconds: float) -> bool:
    """True when others wait at most twice as long beside slow senders."""
    with running_server() as server, TemporaryDirectory() as name:
        folder = Path(name)
        things = Databases.fresh(server, "things")
        create(things)
        with open_edge(things, folder) as edge:
            tls = folder / "edge" / "tls"
            contestants = {
                QUIET: lambda: quiet(edge, tls, seconds),
                ATTACKED: lambda: attacked(edge, tls, seconds),
            }
            figures = compete(contestants, rounds)
    return report("p99 of a request through the proxy", "µs", figures, GOALS)


GOALS = [Goal(who=QUIET, beside=ATTACKED, at_least=0.5)]
