"""One POST to a foreign host that may be hostile: bounded in time, size and reach.

The system's HTTP clients resolve names on their own, follow environment variables, and have no
limit over the whole call; this one connects to vetted addresses only and reads one head.
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic

from eventkit.crash_points import reach
from notifications.webhook.resolver import Unresolved
from notifications.webhook.vetting import IPAddress, NotAllowed, Resolve, Rules, Target, parse, vet

DEADLINE_SECONDS = 15.0
CONNECT_SECONDS = 5.0
DRAIN_SECONDS = 1.0
LARGEST_READ = 65_536

Dial = Callable[[tuple[str, int], float], socket.socket]
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})[ \r\n]")
_RETRY_AFTER = re.compile(rb"\r?\nretry-after[ \t]*:[ \t]*([^\r\n]*)", re.IGNORECASE)


class Failed(Exception):
    """The call did not come to an answer; `code` says in a word how far it came."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the receiver answered; its body is nothing to us."""

    status: int
    retry_after: str | None = None

    def asked_wait(self, now: datetime) -> timedelta | None:
        """How long the receiver wants to be left alone (RFC 9110 10.2.3), if it says so rightly."""
        if self.status not in (429, 503) or self.retry_after is None:
            return None
        if re.fullmatch(r"[0-9]{1,9}", self.retry_after):
            return timedelta(seconds=int(self.retry_after))
        try:
            return max(parsedate_to_datetime(self.retry_after) - now, timedelta())
        except (ValueError, TypeError, OverflowError):
            return None


def _dial(address: tuple[str, int], seconds: float) -> socket.socket:
    return socket.create_connection(address, seconds)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Makes the calls. `deadline` bounds a whole call, the look-up of the name included."""

    rules: Rules
    resolve: Resolve
    dial: Dial = _dial
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)
    deadline: float = DEADLINE_SECONDS

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send the body; raises Failed. Redirects are answers like any other."""
        until = monotonic() + self.deadline
        try:
            target = parse(url, self.rules)
            addresses = vet(target, self.rules, self.resolve)
            with self._connected(target, addresses, until) as connection:
                connection.settimeout(_left(until))
                connection.sendall(_request(target, headers, body))
                reach("webhook.sent")
                answer = _answer(_head(connection, until))
                reach("webhook.answered")
                _drain(connection, min(until, monotonic() + DRAIN_SECONDS))
                return answer
        except (NotAllowed, Unresolved, OSError) as error:
            raise Failed(_code(error)) from error

    def _connected(
        self, target: Target, addresses: Sequence[IPAddress], until: float
    ) -> socket.socket:
        plain = self._dialled(target, addresses, until)
        if not target.encrypted:
            return plain
        try:
            plain.settimeout(_left(until))
            return self.tls.wrap_socket(plain, server_hostname=target.host)
        except OSError:
            plain.close()
            raise

    def _dialled(
        self, target: Target, addresses: Sequence[IPAddress], until: float
    ) -> socket.socket:
        for address in addresses[:-1]:
            try:
                seconds = min(CONNECT_SECONDS, _left(until))
                return self.dial((str(address), target.port), seconds)
            except OSError:
                continue
        seconds = min(CONNECT_SECONDS, _left(until))
        return self.dial((str(addresses[-1]), target.port), seconds)


def _left(until: float) -> float:
    seconds = until - monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = target.port == (443 if target.encrypted else 80)
    fields = {
        "Host": host if usual else f"{host}:{target.port}",
        "User-Agent": "Netztreff",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Accept-Encoding": "identity",
        "Connection": "close",
        **headers,
    }
    lines = [f"POST {target.path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items())]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


def _head(connection: socket.socket, until: float) -> bytes:
    """The status line and header of the final answer; interim answers count against the size."""
    got = b""
    read = 0
    while read < LARGEST_READ:
        connection.settimeout(_left(until))
        chunk = connection.recv(min(8192, LARGEST_READ - read))
        if not chunk:
            raise Failed("bad_answer")
        read += len(chunk)
        got += chunk
        while b"\r\n\r\n" in got:
            head, _, got = got.partition(b"\r\n\r\n")
            if not head.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
                return head + b"\r\n"
    raise Failed("answer_too_large")


def _drain(connection: socket.socket, until: float) -> None:
    """Let the receiver finish its answer, so that closing does not look like a fault to it."""
    read = 0
    try:
        while read < LARGEST_READ:
            connection.settimeout(_left(until))
            chunk = connection.recv(8192)
            if not chunk:
                return
            read += len(chunk)
    except OSError:
        return


def _answer(head: bytes) -> Answer:
    status = _STATUS.match(head)
    if status is None:
        raise Failed("bad_answer")
    asked = _RETRY_AFTER.search(head)
    text = asked[1].decode("ascii", "replace").strip() if asked else None
    return Answer(status=int(status[1]), retry_after=text)


def _code(error: Exception) -> str:
    match error:
        case NotAllowed():
            return "endpoint_not_allowed"
        case Unresolved():
            return "name_not_resolved"
        case TimeoutError():
            return "deadline"
        case ssl.SSLError():
            return "tls_failed"
    return "connection_failed"
