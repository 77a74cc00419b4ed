"""Docker Compose with secrets and identities: `python -m local.compose env | up`.

`env` writes .env with new secrets, once; `up` does that, starts everything and gives the
services their clients at the registry, which nobody can make before the registry runs.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.credentials import Client
from local.env_file import EnvFile, write_new
from local.identities import CALLERS, OPERATOR
from local.processes import StartFailed
from local.registry_client import create_client, token
from local.settings import CHECKOUT, SERVICES

PORTS = {name: 8401 + number for number, name in enumerate(SERVICES)}
# The name that the containers call it by, and that it answers to whatever its public one is.
REGISTRY = "registry-api"
BOOTSTRAP = ("python", "-m", "registry", "bootstrap")
# Of each container that failed.
LAST_LINES = 5


@dataclass(frozen=True, kw_only=True)
class Composition:
    """The containers of one .env; a project of its own keeps several apart on one machine."""

    env: EnvFile
    project: str | None = None
    files: tuple[Path, ...] = ()

    def port(self, service: str) -> int:
        """Where this machine reaches the service's API."""
        return int(self.env.get(f"{service.upper()}_PORT") or PORTS[service])

    def place(self, service: str) -> str:
        """Where callers reach it, in words: its public address, or else a port of this machine."""
        here = f"http://127.0.0.1:{self.port(service)}"
        return f"{service} at {self.env.get(f'{service.upper()}_PUBLIC_URL') or here}"

    def command(self, *arguments: str) -> list[str]:
        project = () if self.project is None else ("--project-name", self.project)
        files = [part for file in self.files for part in ("--file", str(file))]
        return ["docker", "compose", *project, *files, "--env-file", str(self.env.path), *arguments]

    def run(self, *arguments: str) -> str:
        """What the command printed; its progress goes to the terminal."""
        command = self.command(*arguments)
        try:
            done = subprocess.run(
                command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False
            )
        except FileNotFoundError as missing:
            raise StartFailed("There is no `docker` here; `make run` needs none.") from missing
        if done.returncode:
            raise StartFailed(f"`{' '.join(command)}` failed.")
        return done.stdout

    def up(self) -> None:
        """Returns when everything is healthy; the first time the services get their clients.

        Where that fails, it shows what the containers that ended with a fault wrote last.
        """
        started = int(time.time())
        try:
            self._up()
        except StartFailed:
            # Docker may be the one that does not answer; then the first failure says it.
            with suppress(StartFailed):
                self._show_failed(since=started)
            raise

    def _up(self) -> None:
        if any(self.client(service) is None for service in CALLERS):
            self.run("up", "--detach", "--wait", REGISTRY)
            self.enrol()
        self.run("up", "--detach", "--wait", "--remove-orphans")

    def _show_failed(self, *, since: int) -> None:
        shown = self.run("ps", "--all", "--format", "json").splitlines()
        failed = [one["Service"] for one in map(json.loads, shown) if has_failed(one)]
        if failed:
            # Not what one wrote that somebody ended before. Compose gives a container's standard
            # error on its own, which is the terminal.
            what = ("--no-color", "--since", str(since), "--tail", str(LAST_LINES))
            print(self.run("logs", *what, *failed), end="", file=sys.stderr)

    def enrol(self) -> None:
        """Makes the first operator's client and one for each service that calls others.

        Each is kept before the next is made: the registry shows a secret once.
        """
        operator = self.client(OPERATOR)
        if operator is None:
            content = json.loads(self.run("exec", "-T", REGISTRY, *BOOTSTRAP))
            operator = Client(
                client_id=content["client_id"], client_secret=content["client_secret"]
            )
            self._keep(OPERATOR, operator)
        port = self.port("registry")
        access = token(port, operator, host=REGISTRY)
        for service in CALLERS:
            if self.client(service) is None:
                body = {"name": f"Netztreff {service}", "role": "service"}
                self._keep(service, create_client(port, access, body, host=REGISTRY))

    def client(self, name: str) -> Client | None:
        client_id, secret = (
            self.env.get(f"{name.upper()}_CLIENT_{part}") for part in ("ID", "SECRET")
        )
        return Client(client_id=client_id, client_secret=secret) if client_id and secret else None

    def _keep(self, name: str, client: Client) -> None:
        added = {"ID": client.client_id, "SECRET": client.client_secret}
        self.env.change({f"{name.upper()}_CLIENT_{part}": value for part, value in added.items()})


def has_failed(container: Mapping[str, Any]) -> bool:
    """Whether it ended with another code than 0, also where Docker starts it again and again.

    The container is one of `docker compose ps`, which shows no code of the latter.
    """
    return bool(container["ExitCode"]) or container["State"] == "restarting"


def env(composition: Composition) -> None:
    """New passwords and keys for everything; an existing file is left as it is."""
    path = composition.env.path
    if path.exists():
        print(f"{path} is there already.")
        return
    write_new(path)
    print(f"Wrote {path} with new secrets. Keep a copy: without its keys the data is lost.")


def up(composition: Composition) -> None:
    env(composition)
    composition.run("build")
    composition.up()
    print(f"Netztreff runs: {', '.join(map(composition.place, SERVICES))}.")


ACTIONS = {"env": env, "up": up}


def carry_out(act: Callable[[Composition], None]) -> int:
    """Do something with the composition of .env; its exit code, after one sentence of a failure."""
    try:
        act(Composition(env=EnvFile(CHECKOUT / ".env")))
    except StartFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return os.EX_OK


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.compose", description=__doc__)
    parser.add_argument("action", choices=ACTIONS)
    return carry_out(ACTIONS[parser.parse_args().action])


if __name__ == "__main__":
    sys.exit(main())
