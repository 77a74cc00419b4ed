"""Who gets the mails and webhooks: keeps a ledger of them, and behaves as it is told.

`python -m tests.faults.receivers SMTP_PORT WEBHOOK_PORT FOLDER`. FOLDER/behaviour.json says how:
`{"smtp": "451-after-data", "/main": "500"}`; FOLDER/mails.jsonl and webhooks.jsonl tell what
came and what was answered, written and synced before the answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio import StreamReader, StreamWriter, WriteTransport
from contextlib import suppress
from email import message_from_bytes
from email.policy import SMTP as POLICY
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from local.ports import LOOPBACK

# `smtp`, and the paths of webhooks.
USUAL = {"smtp": "accept"}
# What each behaviour answers to a command of SMTP; None drops the connection.
SMTP_ANSWERS: dict[str, tuple[str, str | None]] = {
    "421": ("RCPT", "421 4.3.2 Closing down"),
    "450": ("RCPT", "450 4.2.0 Greylisted, come back later"),
    "451-after-data": ("DATA", "451 4.3.0 Local error"),
    "550": ("RCPT", "550 5.1.1 No such mailbox"),
    "552": ("DATA", "552 5.2.2 Mailbox full"),
    "drop-after-dot": ("DATA", None),
}
HANGS_SECONDS = 30
LATE, LATE_SECONDS = "204-late", 3.0


class Ledger:
    """Appends lines, synced."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")

    def keep(self, **told: Any) -> None:
        self._file.write(json.dumps(told) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def behaviour(folder: Path, of: str) -> str:
    with suppress(OSError, ValueError):
        told = json.loads((folder / "behaviour.json").read_text("utf-8"))
        return str(told.get(of) or USUAL.get(of, "204"))
    return USUAL.get(of, "204")


class Postbox:
    """The handler that aiosmtpd calls."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ledger = Ledger(folder / "mails.jsonl")

    async def handle_RCPT(  # noqa: N802 - the name and shape that aiosmtpd calls
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: object
    ) -> str:
        step, answer = SMTP_ANSWERS.get(behaviour(self._folder, "smtp"), ("", None))
        if step == "RCPT" and answer:
            self._ledger.keep(to=address, answer=answer)
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, _: Session, envelope: Envelope
    ) -> str:
        step, answer = SMTP_ANSWERS.get(behaviour(self._folder, "smtp"), ("", None))
        mail = message_from_bytes(envelope.original_content or b"", policy=POLICY)
        said = (answer or "dropped") if step == "DATA" else "250 Kept"
        name = str(mail["Message-ID"])
        for recipient in envelope.rcpt_tos:
            self._ledger.keep(to=recipient, id=name, answer=said)
        if said == "dropped" and isinstance(server.transport, WriteTransport):
            server.transport.abort()
        return said


async def webhook(folder: Path, ledger: Ledger, reader: StreamReader, writer: StreamWriter) -> None:
    """One call, one answer, and the connection is over."""
    with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        path = head[0].split(" ")[1]
        how = behaviour(folder, path)
        told = {"id": headers.get("webhook-id"), "answer": how, "body": body.decode()}
        ledger.keep(path=path, **told)
        await answer(how, writer)
    writer.close()


async def answer(how: str, writer: StreamWriter) -> None:
    """As the behaviour says: a status, or nothing of use for a long time."""
    if how == "hang":
        await asyncio.sleep(HANGS_SECONDS)
        return
    if how == "drip":
        for _ in range(HANGS_SECONDS):
            writer.write(b"H")
            await writer.drain()
            await asyncio.sleep(1)
        return
    if how == "endless":
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(20_000):
            writer.write(b"x" * 1000)
            await writer.drain()
        return
    if how == LATE:
        await asyncio.sleep(LATE_SECONDS)
        how = "204"
    more = {"429": "Retry-After: 3\r\n", "301": "Location: /elsewhere\r\n"}.get(how, "")
    writer.write(f"HTTP/1.1 {how} Told\r\n{more}Content-Length: 0\r\n\r\n".encode())
    await writer.drain()


async def serve(smtp: int, webhooks: int, folder: Path) -> None:
    loop, ledger = asyncio.get_running_loop(), Ledger(folder / "webhooks.jsonl")

    async def called(reader: StreamReader, writer: StreamWriter) -> None:
        await webhook(folder, ledger, reader, writer)

    postbox = Postbox(folder)
    post = await loop.create_server(
        lambda: SMTP(postbox, hostname="localhost", enable_SMTPUTF8=True), LOOPBACK, smtp
    )
    hooks = await asyncio.start_server(called, LOOPBACK, webhooks)
    async with post, hooks:
        await asyncio.gather(post.serve_forever(), hooks.serve_forever())


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
