"""What one mail is made from, before it is put into words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.events.notifications import Notice
from notifications.domain.notices import Meeting

# Narrower than RFC 5321: nothing that would have to be quoted in a header or in SMTP.
_ADDRESS = re.compile(
    r"[^@\s\x00-\x1f\x7f\"<>(),:;\\\[\]]{1,64}@[^@\s\x00-\x1f\x7f\"<>(),:;\\\[\]]{1,253}"
)


class BadAddress(ValueError):
    """An address that no mail can be sent to."""


@dataclass(frozen=True, kw_only=True)
class Addressee:
    """A name and an address, as their owner gave them just now; kept nowhere.

    `link` is where a participant sees the own registration; a guest, who is nobody's contact, can
    erase everything there.
    """

    email: str
    name: str | None = None
    link: str | None = None
    is_guest: bool = False


@dataclass(frozen=True, kw_only=True)
class Sender:
    """The mailbox that invites, and the domain of message and calendar ids."""

    mailbox: str
    name: str
    domain: str


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One notice to one person, who may have registered. `sent_at` is the time of this attempt.

    `before` is the meeting as the person knows it, `reasons` say why that holds no more;
    `withdrawals` counts how often the person was confirmed to have withdrawn, this time included.
    """

    delivery_id: UUID
    notice: Notice
    has_place: bool
    meeting: Meeting
    to: Addressee
    sender: Sender
    sent_at: datetime
    before: Meeting | None = None
    reasons: tuple[str, ...] = ()
    withdrawals: int = 0

    @property
    def sequence(self) -> int:
        """The version of this person's calendar entry: taking it away and back makes two more."""
        taken_away = self.notice is Notice.WITHDRAWAL
        return self.meeting.sequence + 2 * self.withdrawals - taken_away

    @property
    def ends(self) -> bool:
        """Whether the meeting is off for this person."""
        return self.notice in (Notice.CANCELLATION, Notice.WITHDRAWAL)


def one_line(text: str) -> str:
    """The text without line ends, control characters and what looks like an encoded header word."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(printable.replace("=?", "= ?").split())


def envelope_address(to: Addressee) -> str:
    """The address as SMTP wants it, its domain in ASCII; raises BadAddress."""
    if not _ADDRESS.fullmatch(to.email):
        raise BadAddress
    local, _, domain = to.email.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise BadAddress from None
