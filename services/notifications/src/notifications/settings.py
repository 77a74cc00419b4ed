"""What notifications reads from the environment beside what every service reads."""

from __future__ import annotations

import re
from dataclasses import dataclass

from eventkit.forms import FLAG, TEXT, Form, number, setting, url
from eventkit.settings import Settings
from eventkit.unit import Kit
from notifications.mail.letter import Sender


def _mailbox(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,190}", text):
        raise ValueError
    return text


def _domain(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", text):
        raise ValueError
    return text.lower()


MAILBOX = Form(_mailbox, "a mail address such as netzwerk@example.org")
DOMAIN = Form(_domain, "a domain such as example.org")
SMTP = url("smtp", "smtps", "smtp+starttls")


@dataclass(frozen=True, kw_only=True)
class NotificationSettings(Settings):
    """`smtp+starttls` and `smtps` never fall back to an open connection."""

    smtp_url: str = setting(
        "SMTP_URL",
        SMTP,
        "where mail goes out, with `user:password@` where the server wants that; `smtp+starttls`"
        " and `smtps` never fall back to an open connection",
        default="smtp://127.0.0.1:8425",
        secret=True,
        read_by="`worker`",
    )
    organizer_mailbox: str = setting("ORGANIZER_MAILBOX", MAILBOX, "who invites")
    organizer_name: str = setting(
        "ORGANIZER_NAME", TEXT, "under which name", default="Geschäftsstelle des Netzwerks"
    )
    mail_domain: str | None = setting(
        "MAIL_DOMAIN",
        DOMAIN,
        "what the ids of mails end in; without it, the mailbox's domain",
        default=None,
    )
    mails_per_recipient_per_day: int = setting(
        "MAILS_PER_RECIPIENT_PER_DAY",
        number(0, 100_000),
        "mails to one recipient in 24 hours; what is above that waits, cancellations apart. 0: no"
        " cap",
        default=20,
        read_by="`worker`",
    )
    allow_loopback_webhooks: bool = setting(
        "ALLOW_LOOPBACK_WEBHOOKS",
        FLAG,
        "for development only: webhooks may reach this machine",
        default=False,
        development=True,
    )

    @property
    def sender(self) -> Sender:
        """Who invites; without MAIL_DOMAIN the ids of mails end in the mailbox's domain."""
        return Sender(
            mailbox=self.organizer_mailbox,
            name=self.organizer_name,
            domain=self.mail_domain or self.organizer_mailbox.rpartition("@")[2].lower(),
        )


def settings_of(kit: Kit) -> NotificationSettings:
    """The settings of this service's process; raises TypeError in another service's."""
    if not isinstance(kit.settings, NotificationSettings):
        raise TypeError("this is no process of notifications")
    return kit.settings
