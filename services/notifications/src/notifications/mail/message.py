"""One mail for one person as an RFC 5322 message with its calendar part (RFC 6047)."""

from __future__ import annotations

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from notifications.mail.calendar import calendar, method
from notifications.mail.letter import BadAddress, Letter, envelope_address, one_line
from notifications.mail.wording import html, subject, text


def message(letter: Letter) -> EmailMessage:
    """Build the mail; its Message-ID comes from the delivery, so that a repeat shows as one.

    Raises BadAddress.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(letter.sender.name, letter.sender.mailbox)
    mail["To"] = _address(letter.to.name or "", envelope_address(letter.to))
    mail["Subject"] = one_line(subject(letter))
    mail["Date"] = format_datetime(letter.sent_at)
    mail["Message-ID"] = f"<{letter.delivery_id}@{letter.sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "de"
    _add_bodies(mail, letter)
    return mail


def _add_bodies(mail: EmailMessage, letter: Letter) -> None:
    entry, verb = calendar(letter), method(letter.notice)
    mail.set_content(text(letter), cte="quoted-printable")
    mail.add_alternative(html(letter), subtype="html", cte="quoted-printable")
    mail.add_alternative(
        entry,
        maintype="text",
        subtype="calendar",
        cte="base64",
        disposition="inline",
        params={"method": verb, "charset": "UTF-8", "component": "VEVENT"},
    )
    mail.add_attachment(
        entry,
        maintype="application",
        subtype="ics",
        filename="absage.ics" if verb == "CANCEL" else "termin.ics",
    )


def _address(name: str, email: str) -> Address:
    try:
        return Address(display_name=one_line(name), addr_spec=email)
    except (ValueError, HeaderParseError):
        raise BadAddress from None
