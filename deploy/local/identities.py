"""Who takes part in a local run: a client of the registry for every service and every role."""

import json
import subprocess
import sys
from collections.abc import Mapping

from local.credentials import Client, Credentials
from local.processes import StartFailed
from local.registry_client import create_client, token
from local.settings import Settings

# Role and tenant of everybody that `make run` gives a token for.
ROLES: dict[str, str | None] = {
    "organiser": None,
    "steering_group": None,
    "municipality": "08111000",
    "district": "08119",
    "moderator": None,
    "operator": None,
}
OPERATOR = "operator"
# The services that call others, with a client each.
CALLERS = ("meetings", "notifications")


def first_operator(credentials: Credentials, environment: Mapping[str, str]) -> None:
    """Has the registry make its first operator's client; it does so once in its life."""
    if OPERATOR in credentials.clients:
        return
    command = [sys.executable, "-m", "registry", "bootstrap"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StartFailed(
            "The registry made its first operator in an earlier run, whose secret is gone, or "
            f"could not make one: {done.stderr.strip()}"
        )
    content = json.loads(done.stdout)
    credentials.clients[OPERATOR] = Client(
        client_id=content["client_id"], client_secret=content["client_secret"]
    )
    credentials.save()


def enrol(credentials: Credentials, settings: Settings) -> None:
    """Registers whoever has no client yet."""
    wanted = dict.fromkeys(CALLERS, ("service", None)) | {
        role: (role, tenant) for role, tenant in ROLES.items()
    }
    missing = {name: who for name, who in wanted.items() if name not in credentials.clients}
    if not missing:
        return
    port = settings.api("registry")
    operator = token(port, credentials.clients[OPERATOR])
    for name, (role, tenant) in missing.items():
        body: dict[str, object] = {"name": f"Netztreff {name}", "role": role, "tenant": tenant}
        if tenant is not None:
            # So that one can try what an administration does for itself.
            body["scopes"] = ["read", "write", "admin"]
        credentials.clients[name] = create_client(port, operator, body)
        credentials.save()
