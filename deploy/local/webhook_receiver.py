"""A receiver as a member of the network would write one: checks signatures, keeps the calls.

`python -m local.webhook_receiver PORT CALLS SECRETS`: CALLS gets one JSON line a call; SECRETS
holds one `whsec_…` a line and is read anew for every call. A call may come twice under one id, such
as after a crash of the sender: it is accepted again, so that it ends, and marked as repeated.
"""

import json
import sys
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

from standardwebhooks import Webhook, WebhookVerificationError

from local.ports import LOOPBACK

LARGEST = 1_000_000
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Receiver(ThreadingHTTPServer):
    """Knows where secrets come from and where calls go."""

    daemon_threads = True

    def __init__(self, port: int, calls: Path, secrets: Path) -> None:
        super().__init__((LOOPBACK, port), Call)
        self.calls = calls
        self.secrets = secrets
        self.lock = Lock()
        self.known = known_ids(calls)

    def verified(self, body: bytes, headers: dict[str, str]) -> bool:
        if not self.secrets.exists():
            return False
        lines = self.secrets.read_text(encoding="ascii").split()
        return any(signed_with(secret, body, headers) for secret in lines)

    def keep(self, call: dict[str, object], name: str) -> None:
        """Write the call down; only who signs rightly can use an id up."""
        with self.lock, self.calls.open("a", encoding="utf-8") as file:
            call["repeated"] = bool(call["verified"]) and name in self.known
            if call["verified"]:
                self.known.add(name)
            file.write(json.dumps(call, ensure_ascii=False) + "\n")


class Call(BaseHTTPRequestHandler):
    """One delivery: 204 when its signature holds, 401 otherwise."""

    server: Receiver
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST))
        headers = {name: self.headers.get(name, "") for name in SIGNED}
        verified = self.server.verified(body, headers)
        self.server.keep(
            {
                "received_at": datetime.now(UTC).isoformat(),
                "path": self.path,
                "verified": verified,
                "headers": dict(self.headers.items()),
                "body": body.decode(errors="replace"),
            },
            headers["webhook-id"],
        )
        self.send_response(204 if verified else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


def known_ids(calls: Path) -> set[str]:
    """The ids of all calls that were accepted before."""
    if not calls.exists():
        return set()
    lines = calls.read_text(encoding="utf-8", errors="replace").splitlines()
    return {name for line in lines if (name := accepted_id(line))}


def accepted_id(line: str) -> str | None:
    """The id of a kept call; None where it was refused, or a kill cut the line off."""
    try:
        kept = json.loads(line)
    except ValueError:
        return None
    headers = {name.lower(): value for name, value in kept["headers"].items()}
    return headers.get("webhook-id") if kept["verified"] else None


def signed_with(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except (WebhookVerificationError, ValueError):
        return False
    return True


if __name__ == "__main__":
    Receiver(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])).serve_forever()
