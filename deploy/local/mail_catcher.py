"""An SMTP server that keeps every mail as a file, for people and scripts to look at.

`python -m local.mail_catcher PORT FOLDER [ADDRESS]`; it listens on loopback unless told otherwise.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryFile

from aiosmtpd.smtp import SMTP, Envelope, Session

from local.ports import LOOPBACK


class Catcher:
    """Accepts everything; one file a mail, complete as soon as it has its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{token_hex(3)}.eml"
        arriving = self.folder / f".{name}"
        arriving.write_bytes(_with_envelope(envelope))
        arriving.rename(self.folder / name)
        return "250 Kept"


def _with_envelope(envelope: Envelope) -> bytes:
    """What the envelope said stands in front, as a mail server's delivery would have it."""
    recipients = ", ".join(envelope.rcpt_tos)
    head = f"Return-Path: <{envelope.mail_from or ''}>\r\nDelivered-To: {recipients}\r\n"
    return head.encode() + (envelope.original_content or b"")


async def serve(port: int, folder: Path, address: str = LOOPBACK) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(Catcher(folder), hostname="localhost", enable_SMTPUTF8=True), address, port
    )
    async with server:
        await server.serve_forever()


def refuse_unwritable(folder: Path) -> None:
    """Makes the folder, or ends with a sentence: what is accepted has to be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        sys.stderr.write(f"The mailbox {folder} cannot be written: {error.strerror}.\n")
        sys.exit(os.EX_CONFIG)


if __name__ == "__main__":
    refuse_unwritable(Path(sys.argv[2]))
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]))
