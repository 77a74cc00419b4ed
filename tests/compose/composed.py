"""The composition of docker-compose.yml as a project of its own, and how tests reach it."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from random import randrange
from secrets import token_hex
from typing import Any

import httpx

from local.compose import REGISTRY, Composition
from local.credentials import Client
from local.env_file import EnvFile, write_new
from local.identities import OPERATOR, ROLES
from local.ports import free_port
from local.registry_client import create_client, token
from local.settings import CHECKOUT, SERVICES
from tests.compose.engine import docker, is_there
from tests.compose.proxied import Proxied
from tests.e2e.api import Api
from tests.e2e.mails import Mail

FILES = (CHECKOUT / "docker-compose.yml", CHECKOUT / "tests" / "compose" / "override.yml")
CORE = ("edge", "mail")
MONITORING = ("prometheus", "alertmanager", "grafana")
# A token is good for ten minutes.
TOKEN_SECONDS = 300
PORTS = (*(f"{name.upper()}_PORT" for name in SERVICES), "EDGE_PORT", "PROMETHEUS_PORT")
MORE_PORTS = ("ALERTMANAGER_PORT", "GRAFANA_PORT")


@dataclass(kw_only=True)
class Composed:
    """Everything that runs; `ran` says for people what was done with it."""

    folder: Path
    tell: Callable[[str], None]
    ran: list[str]
    composition: Composition = field(init=False)
    clients: dict[str, Client] = field(default_factory=dict)
    tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        env = EnvFile(self.folder / ".env")
        write_new(env.path)
        own = {name: str(free_port()) for name in (*PORTS, *MORE_PORTS)}
        own |= {
            f"{name.upper()}_PUBLIC_URL": f"https://{name}.localhost:{own['EDGE_PORT']}"
            for name in SERVICES
        }
        own["EDGE_NETWORK"] = f"10.{randrange(100, 250)}.{randrange(1, 250)}"
        own["COMPOSE_PROFILES"] = ",".join(CORE)
        env.change(own)
        project = f"netztreff-test-{token_hex(3)}"
        self.composition = Composition(env=env, project=project, files=FILES)

    def step(self, text: str, act: Callable[[], object]) -> None:
        """Do something that takes its time, and note how long it did."""
        self.tell(f"{text} ...")
        started = time.monotonic()
        act()
        self.ran.append(f"{text}: {time.monotonic() - started:.0f} s")

    def compose(self, *arguments: str, seconds: float = 300) -> str:
        return docker(*self.composition.command(*arguments)[1:], seconds=seconds)

    def build(self) -> None:
        self.step("built the images", lambda: self.compose("build", seconds=1200))

    def start(self) -> None:
        """Start and enrol; returns when all is healthy."""
        self.step("started the registry and enrolled the services", self._enrol)
        profiles = ", ".join(CORE)
        # 90 s are promised of a machine that does nothing else; here other tests may run beside it.
        up = ("up", "--detach", "--wait", "--wait-timeout", "600")
        self.step(f"up --wait of core, {profiles}", lambda: self.compose(*up, seconds=900))
        there = [name for name in MONITORING if is_there(self.image(name))]
        missing = [f"{name} ({self.image(name)})" for name in MONITORING if name not in there]
        wait = ("--profile", "monitoring", *up, "--no-deps", *there)
        self.step(f"up --wait of {', '.join(there)}", lambda: self.compose(*wait, seconds=900))
        self.ran += [f"not run: {one}: the image is not available here" for one in missing]

    def end(self) -> None:
        """Take everything away that was started, volumes too."""
        if "http" in vars(self):
            self.http.close()
        down = ("down", "--volumes", "--remove-orphans", "--timeout", "10")
        every = ("--profile", "*")
        try:
            self.step("took it all down", lambda: self.compose(*every, *down))
        except KeyboardInterrupt:
            # A second Ctrl-C is no reason to leave containers behind.
            self.compose(*every, *down)
            raise

    def _enrol(self) -> None:
        self.compose("up", "--detach", "--wait", REGISTRY, seconds=900)
        self.composition.enrol()
        operator = self.composition.client(OPERATOR)
        assert operator is not None
        port = self.composition.port("registry")
        access = token(port, operator, host=REGISTRY)
        for role, tenant in ROLES.items():
            body: dict[str, object] = {"name": f"Test {role}", "role": role, "tenant": tenant}
            self.clients[role] = create_client(port, access, body, host=REGISTRY)

    def image(self, service: str) -> str:
        return str(self.configuration[service]["image"])

    @cached_property
    def configuration(self) -> Mapping[str, Any]:
        """Every service of the file, as Docker Compose understands it."""
        text = self.compose("--profile", "*", "config", "--format", "json")
        services: dict[str, Any] = json.loads(text)["services"]
        return services

    def containers(self, *services: str) -> dict[str, dict[str, Any]]:
        """What `docker inspect` says of each container that is there, or of some, by service."""
        names = self.compose("--profile", "*", "ps", "--all", "--quiet", *services).split()
        found = json.loads(docker("container", "inspect", *names))
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}

    def logged(self, service: str) -> list[dict[str, Any]]:
        """The lines of JSON that a container wrote to standard output."""
        lines = docker("logs", self.containers(service)[service]["Id"]).splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def api(self, service: str, role: str = "organiser") -> Api:
        """One service through the proxy, as somebody with this role meets it."""
        return Api(self.http, self.url(service), lambda: self.token(role))

    def url(self, service: str) -> str:
        return self.composition.env.get(f"{service.upper()}_PUBLIC_URL") or ""

    def token(self, role: str) -> str:
        made, text = self.tokens.get(role, (0.0, ""))
        if time.monotonic() - made > TOKEN_SECONDS or not text:
            port = self.composition.port("registry")
            text = token(port, self.clients[role], host=REGISTRY)
            self.tokens[role] = (time.monotonic(), text)
        return text

    @cached_property
    def certificate(self) -> str:
        """The one that the proxy signed itself."""
        return self.compose("exec", "-T", "edge", "cat", "/etc/edge/tls/fullchain.pem")

    @cached_property
    def http(self) -> httpx.Client:
        return httpx.Client(timeout=60, trust_env=False, transport=Proxied(self.certificate))

    def mails(self) -> list[Mail]:
        """The invitations that the catcher got; Alertmanager's mail comes there as well."""
        folder = self.folder / f"mailbox-{time.monotonic_ns()}"
        self.compose("cp", "mail:/mailbox", str(folder))
        contents = [path.read_bytes() for path in sorted(folder.glob("[!.]*.eml"))]
        return [Mail(content) for content in contents if b"text/calendar" in content]

    def calls(self) -> list[dict[str, Any]]:
        """Every webhook that the receiver got."""
        return self.logged("webhook-receiver")

    def prometheus(self, path: str) -> Any:
        port = self.composition.env.get("PROMETHEUS_PORT")
        answer = httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False, timeout=30)
        return answer.raise_for_status().json()["data"]
