"""Docker Compose with secrets and identities: `python -m local.compose env | up`.

`env` writes .env with new secrets, once; `up` does that, starts everything and gives the
services their clients at the registry, which nobody can make before the registry runs.
"""

import argparse
import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from secrets import token_bytes, token_hex

from local.credentials import Client, write_private
from local.identities import CALLERS, OPERATOR
from local.processes import StartFailed
from local.registry_client import create_client, token
from local.settings import CHECKOUT, SERVICES

ENV = CHECKOUT / ".env"
# The port that docker-compose.yml gives the registry on this machine.
REGISTRY_PORT = 8401
BOOTSTRAP = ("python", "-m", "registry", "bootstrap")
CHANGE = """\
# Where mail goes out and under which name; change these before anybody is invited.
SMTP_URL=smtp://host.docker.internal:8425
ORGANIZER_MAILBOX=netztreff@example.org
MAIL_DOMAIN=example.org
"""


def write_env(path: Path) -> None:
    """New passwords and keys for everything; an existing file is left as it is."""
    if path.exists():
        print(f"{path} is there already.")
        return
    lines = [f"POSTGRES_PASSWORD={token_hex(16)}"]
    for service in SERVICES:
        name = service.upper()
        lines += [f"{name}_{role}_PASSWORD={token_hex(16)}" for role in ("OWNER", "SERVICE")]
        lines += [f"{name}_{use}_KEY={_key()}" for use in ("MASTER", "CHAIN")]
    write_private(path, "\n".join(lines) + f"\n\n{CHANGE}")
    print(f"Wrote {path} with new secrets. Keep a copy: without its keys the data is lost.")


def up(path: Path) -> None:
    write_env(path)
    compose("build")
    if any(_client(path, service) is None for service in CALLERS):
        compose("up", "--detach", "--wait", "registry-api")
        enrol(path)
    compose("up", "--detach", "--wait", "--remove-orphans")
    print("Netztreff runs: registry at http://127.0.0.1:8401, meetings :8402, notifications :8403.")


def enrol(path: Path) -> None:
    """Makes the first operator's client and one for each service that calls others.

    Each is kept before the next is made: the registry shows a secret once.
    """
    operator = _client(path, OPERATOR)
    if operator is None:
        content = json.loads(compose("exec", "-T", "registry-api", *BOOTSTRAP))
        operator = Client(client_id=content["client_id"], client_secret=content["client_secret"])
        _keep(path, OPERATOR, operator)
    access = token(REGISTRY_PORT, operator)
    for service in CALLERS:
        if _client(path, service) is None:
            body = {"name": f"Netztreff {service}", "role": "service"}
            _keep(path, service, create_client(REGISTRY_PORT, access, body))


def compose(*arguments: str) -> str:
    """What the command printed; its progress goes to the terminal."""
    command = ["docker", "compose", *arguments]
    try:
        done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=False)
    except FileNotFoundError as missing:
        raise StartFailed("There is no `docker` here; `make run` needs none.") from missing
    if done.returncode:
        raise StartFailed(f"`{' '.join(command)}` failed.")
    return done.stdout


ACTIONS = {"env": write_env, "up": up}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.compose", description=__doc__)
    parser.add_argument("action", choices=ACTIONS)
    action = parser.parse_args().action
    try:
        ACTIONS[action](ENV)
    except StartFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    return os.EX_OK


def _client(path: Path, name: str) -> Client | None:
    known = dict(line.partition("=")[::2] for line in _lines(path))
    client_id, secret = (known.get(f"{name.upper()}_CLIENT_{part}") for part in ("ID", "SECRET"))
    return Client(client_id=client_id, client_secret=secret) if client_id and secret else None


def _keep(path: Path, name: str, client: Client) -> None:
    added = [
        f"{name.upper()}_CLIENT_ID={client.client_id}",
        f"{name.upper()}_CLIENT_SECRET={client.client_secret}",
    ]
    write_private(path, "\n".join([*_lines(path), *added]) + "\n")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _key() -> str:
    return b64encode(token_bytes(32)).decode("ascii")


if __name__ == "__main__":
    sys.exit(main())
