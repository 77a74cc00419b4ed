"""The proxy of deploy/edge with a real nginx: the same files but for addresses and a port."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from local.ports import LOOPBACK, answers, free_port
from local.processes import Command, spawn, stop, wait_until

EDGE = Path(__file__).parents[2] / "deploy" / "edge"
DOMAIN = "netz.example.org"
# Where nobody listens.
NOWHERE = f"{LOOPBACK}:1"
PATIENCE_SECONDS = 30
_SERVER = re.compile(r"\b(registry|meetings|notifications)-api(-2)?:8000\b")
Line = dict[str, Any]


class NoNginx(Exception):
    """The program is not there."""

    def __init__(self) -> None:
        super().__init__(
            "These tests need nginx, Debian's package nginx-light; .ci/run installs it."
        )


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A running proxy: where it answers, and what it logged."""

    port: int
    log: Path
    trust: ssl.SSLContext

    def url(self, service: str) -> str:
        return f"https://{service}.{DOMAIN}:{self.port}"

    def client(self, service: str, **options: Any) -> httpx.Client:
        """A client whose requests reach the proxy whatever host they name."""
        return httpx.Client(
            base_url=self.url(service),
            transport=_ToLoopback(verify=self.trust),
            timeout=PATIENCE_SECONDS,
            **options,
        )

    def lines(self) -> list[Line]:
        """What it logged, a line a request."""
        found = [line for line in self.log.read_text("utf-8").splitlines() if line.startswith("{")]
        return [json.loads(line) for line in found]

    def connect(
        self, service: str = "registry", *, source: str = LOOPBACK, small: bool = False
    ) -> ssl.SSLSocket:
        """A connection for what no HTTP client sends; `small` for one that reads slowly."""
        plain = socket.socket()
        plain.settimeout(PATIENCE_SECONDS)
        if small:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        plain.bind((source, 0))
        plain.connect((LOOPBACK, self.port))
        return self.trust.wrap_socket(plain, server_hostname=f"{service}.{DOMAIN}")

    def exchange(self, message: bytes, service: str = "registry") -> bytes:
        """What it answers until it closes the connection, or as much as came before a reset."""
        received = b""
        with self.connect(service) as connection:
            try:
                connection.sendall(message)
                while piece := connection.recv(65_536):
                    received += piece
            except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
                return received
        return received


class _ToLoopback(httpx.HTTPTransport):
    def __init__(self, *, verify: ssl.SSLContext) -> None:
        # The load of a test is counted at the client as well, so nothing is tried again.
        super().__init__(verify=verify, retries=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = request.url.host
        request.url = request.url.copy_with(host=LOOPBACK)
        return super().handle_request(request)


def nginx() -> str:
    """The program; raises NoNginx."""
    # Debian keeps it where only root looks.
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NoNginx
    return found


def lay_out(folder: Path, port: int, replicas: Mapping[str, Sequence[str]]) -> Path:
    """The proxy's files in a folder, with two replicas a service; returns nginx.conf."""
    shutil.copytree(EDGE, folder, ignore=shutil.ignore_patterns("tls"))
    (folder / "tls").mkdir()
    subprocess.run([folder / "certificate.sh", folder / "tls", DOMAIN], check=True)
    (folder / "listen.conf").write_text(f"listen {LOOPBACK}:{port} ssl;\n", "utf-8")
    upstreams = folder / "upstreams.conf"

    def address(server: re.Match[str]) -> str:
        first, second = replicas.get(server[1], (NOWHERE, NOWHERE))
        return second if server[2] else first

    upstreams.write_text(_SERVER.sub(address, upstreams.read_text("utf-8")), "utf-8")
    return folder / "nginx.conf"


@contextmanager
def proxying(folder: Path, replicas: Mapping[str, Sequence[str]]) -> Iterator[Proxy]:
    """A proxy before replicas, two `host:port` each, by service; ended afterwards."""
    port = free_port()
    conf, log = lay_out(folder / "edge", port, replicas), folder / "edge.log"
    prefix = folder / "prefix"
    prefix.mkdir()
    # Root's folders are closed to whom it would work as.
    whom = " user root;" if os.geteuid() == 0 else ""
    options = ["-e", "stderr", "-p", f"{prefix}/", "-g", f"daemon off;{whom}", "-c", str(conf)]
    command: Command = [nginx(), *options]
    process = spawn(command, log=log)
    try:
        wait_until(lambda: answers(port), what="nginx", seconds=20, child=process)
        yield Proxy(port=port, log=log, trust=trusting(folder / "edge" / "tls"))
    finally:
        stop([process])


def trusting(tls: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(tls / "fullchain.pem"))
