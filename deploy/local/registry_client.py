"""The few calls to the registry that give everybody in a local run an identity."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode
from uuid import uuid4

from local.credentials import Client
from local.ports import LOOPBACK
from local.processes import StartFailed


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: bytes

    def json(self) -> dict[str, str]:
        content: dict[str, str] = json.loads(self.body)
        return content


def token(port: int, client: Client, host: str = LOOPBACK) -> str:
    """A fresh access token; `host` is the name that it goes by, wherever it is reached."""
    pair = f"{client.client_id}:{client.client_secret}".encode()
    headers = {
        "Authorization": f"Basic {b64encode(pair).decode('ascii')}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Host": host,
    }
    body = urlencode({"grant_type": "client_credentials"})
    answer = post(port, "/oauth/token", body=body, headers=headers)
    return expect(answer, 200, "a token").json()["access_token"]


def create_client(
    port: int, operator_token: str, wanted: Mapping[str, object], host: str = LOOPBACK
) -> Client:
    """Registers a machine client: name, role, and tenant and scopes where there are some."""
    headers = {
        "Authorization": f"Bearer {operator_token}",
        "Content-Type": "application/json",
        "Host": host,
        "Idempotency-Key": str(uuid4()),
    }
    filled = {name: value for name, value in wanted.items() if value is not None}
    answer = post(port, "/v1/clients", body=json.dumps(filled), headers=headers)
    created = expect(answer, 201, f"a client for {wanted['role']}").json()
    return Client(client_id=created["client_id"], client_secret=created["client_secret"])


def post(port: int, path: str, *, body: str, headers: Mapping[str, str]) -> Answer:
    connection = HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        connection.request("POST", path, body=body.encode(), headers=dict(headers))
        response = connection.getresponse()
        return Answer(status=response.status, body=response.read())
    except (OSError, HTTPException) as failure:
        raise StartFailed(f"The registry did not answer {path}: {failure}") from failure
    finally:
        connection.close()


def ready(port: int) -> bool:
    """Whether the service behind this operators' port takes requests."""
    connection = HTTPConnection(LOOPBACK, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def expect(answer: Answer, status: int, what: str) -> Answer:
    if answer.status != status:
        text = answer.body.decode(errors="replace")
        raise StartFailed(f"The registry refused {what} with {answer.status}: {text}")
    return answer
