"""A real SMTP server on loopback that keeps the mails it gets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from local.ports import LOOPBACK, free_port

ACCEPTED = "250 OK"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One delivery as the server saw it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=POLICY)


@dataclass(kw_only=True)
class Mailbox:
    """What arrived so far; `refusals` maps an address to the answer that it gets instead.

    To addresses in `unanswered` the connection breaks once, after their mail was kept.
    """

    port: int
    mails: list[Mail] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    unanswered: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.port}"

    def to(self, recipient: str) -> list[Mail]:
        return [mail for mail in self.mails if recipient in mail.recipients]

    async def handle_RCPT(  # noqa: N802 - the name and shape that aiosmtpd calls
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: object,
    ) -> str:
        if refusal := self.refusals.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return ACCEPTED

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        mail = Mail(
            sender=envelope.mail_from or "",
            recipients=tuple(envelope.rcpt_tos),
            content=envelope.original_content or b"",
        )
        self.mails.append(mail)
        if self.unanswered.intersection(mail.recipients) and server.transport is not None:
            self.unanswered.difference_update(mail.recipients)
            server.transport.close()
        return ACCEPTED


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox(port=free_port())
    controller = Controller(mailbox, hostname=LOOPBACK, port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
