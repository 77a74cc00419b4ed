"""The mails in the mailbox folder, as a mail program and a calendar would read them."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from functools import cached_property
from pathlib import Path
from typing import Any

from icalendar import Calendar

from tests.e2e.installation import Installation


@dataclass(frozen=True)
class Mail:
    """One file of the mailbox."""

    content: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=SMTP)

    @property
    def recipient(self) -> str:
        return str(self.message["Delivered-To"])

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"])

    @cached_property
    def part(self) -> EmailMessage:
        """The calendar part that a mail program offers to accept."""
        (part,) = [
            part for part in self.message.walk() if part.get_content_type() == "text/calendar"
        ]
        assert isinstance(part, EmailMessage)
        return part

    @property
    def calendar_text(self) -> str:
        content = self.part.get_payload(decode=True)
        assert isinstance(content, bytes)
        return content.decode("utf-8")

    @cached_property
    def calendar(self) -> Calendar:
        return Calendar.from_ical(self.calendar_text)

    @property
    def event(self) -> Any:
        (event,) = self.calendar.walk("VEVENT")
        return event

    @property
    def method(self) -> str:
        return str(self.calendar["METHOD"])

    @property
    def sequence(self) -> int:
        return int(self.event["SEQUENCE"])


def mails(installation: Installation, meeting_id: str) -> list[Mail]:
    """All mails about one meeting, the oldest first."""
    folder = Path(installation.run_file["mailbox"])
    arrived = [Mail(path.read_bytes()) for path in sorted(folder.glob("[!.]*.eml"))]
    return [mail for mail in arrived if str(mail.event["UID"]).startswith(f"{meeting_id}@")]
