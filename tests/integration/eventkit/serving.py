"""The sample service as a real process on a real database."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from eventkit.auth.keys import signing_key
from eventkit.auth.principal import Principal
from eventkit.auth.tokens import Signer
from local.databases import Databases
from local.processes import stop, wait_until
from tests.integration.eventkit.sample import KEY

SAMPLE = "tests.integration.eventkit.http_sample_main"
COMMAND = [sys.executable, "-m", SAMPLE]
# Making one takes longer than most requests.
TLS = ssl.create_default_context()
ROOT = Path(__file__).parents[3]
SIGNER = Signer(signing_key(b"k" * 32), "netztreff-registry", "netztreff")


@dataclass(frozen=True)
class Serving:
    """A running process: where it answers whom, and what it logged."""

    process: subprocess.Popen[bytes]
    port: int
    operators: str
    log: Path

    def client(self, role: str = "organiser", subject: str = "client-1") -> httpx.Client:
        token = SIGNER.sign(Principal(subject, role))
        headers = {"Authorization": f"Bearer {token}"}
        base_url = f"http://127.0.0.1:{self.port}"
        return httpx.Client(base_url=base_url, headers=headers, timeout=30, verify=TLS)

    def is_ready(self) -> bool:
        try:
            return self.ask("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def ask(self, path: str) -> httpx.Response:
        """Ask at the operators' port."""
        return httpx.get(f"{self.operators}{path}", verify=TLS, timeout=10)

    def metric(self, line: str) -> float:
        """The value of a line of /metrics that starts so; 0 while there is none."""
        text = self.ask("/metrics").text
        values = [row.rpartition(" ")[2] for row in text.splitlines() if row.startswith(line)]
        return sum(map(float, values))

    def children(self) -> list[int]:
        pid = self.process.pid
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(child) for child in listed.split()]


def environment(databases: Databases, **more: str) -> dict[str, str]:
    """The settings of a process of the sample, with ports that are free now."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'deploy'}",
        "MASTER_KEY": KEY,
        "CHAIN_KEY": KEY,
        "HTTP_BIND": f"127.0.0.1:{free_port()}",
        "OPERATOR_BIND": f"127.0.0.1:{free_port()}",
        **databases.migration_environment(),
        **more,
    }


def run(environ: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the sample that ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=dict(environ),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def serving(
    environ: Mapping[str, str], log: Path, role: str = "api", module: str = SAMPLE
) -> Iterator[Serving]:
    """The sample, or another service's module, in a role, ready; ended afterwards."""
    with started(environ, log, role, module) as process:
        wait_until(process.is_ready, what=role, seconds=60, child=process.process)
        yield process


@contextmanager
def started(
    environ: Mapping[str, str], log: Path, role: str = "api", module: str = SAMPLE
) -> Iterator[Serving]:
    """The same, perhaps not ready yet."""
    command = [sys.executable, "-m", module, role]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=dict(environ), cwd=ROOT, stdout=output, stderr=output
        )
    port = int(environ["HTTP_BIND"].rpartition(":")[2])
    try:
        yield Serving(process, port, f"http://{environ['OPERATOR_BIND']}", log)
    finally:
        stop([process])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port
