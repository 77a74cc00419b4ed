"""A webhook receiver without dependencies: checks each call, tells each event once.

    python3 receiver.py PORT SECRET_FILE

SECRET_FILE holds the `whsec_…` of your endpoint, alone or, after a rotation, two on two lines. An
event that is told is one line of JSON on standard output.
"""

import hmac
import json
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock

TOLERANCE_SECONDS = 300
LARGEST_BODY = 1_000_000


def is_genuine(secrets: list[str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the call was signed with one of the secrets, not long ago (Standard Webhooks)."""
    sent_at = headers.get("webhook-timestamp", "")
    if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > TOLERANCE_SECONDS:
        return False
    signed = f"{headers.get('webhook-id', '')}.{sent_at}.".encode() + body
    given = headers.get("webhook-signature", "").split()
    wanted = [signature(secret, signed) for secret in secrets]
    # Compared in constant time, so that nobody learns a signature by measuring.
    return any(hmac.compare_digest(one.encode(), two) for one in given for two in wanted)


def signature(secret: str, signed: bytes) -> bytes:
    key = b64decode(secret.removeprefix("whsec_"))
    return b"v1," + b64encode(hmac.digest(key, signed, "sha256"))


class Receiver(ThreadingHTTPServer):
    def __init__(self, port: int, secret_file: Path) -> None:
        super().__init__(("127.0.0.1", port), Call)
        self.secret_file = secret_file
        self.lock = Lock()
        # Calls may come twice. A real system keeps the ids in its database, beside what it did.
        self.known: set[str] = set()

    def tell(self, identity: str, body: bytes) -> None:
        with self.lock:
            if identity not in self.known:
                sys.stdout.write(json.dumps(json.loads(body), ensure_ascii=False) + "\n")
                sys.stdout.flush()
                self.known.add(identity)


class Call(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        body = self.rfile.read(min(int(length), LARGEST_BODY) if length.isdecimal() else 0)
        secrets = self.server.secret_file.read_text(encoding="ascii").split()
        genuine = is_genuine(secrets, self.headers, body)
        if genuine:
            self.server.tell(self.headers["webhook-id"], body)
        # Anything but 2xx is tried again later.
        self.send_response(204 if genuine else 401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet: standard output is for events."""


if __name__ == "__main__":
    Receiver(int(sys.argv[1]), Path(sys.argv[2])).serve_forever()
