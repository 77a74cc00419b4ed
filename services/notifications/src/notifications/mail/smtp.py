"""The one place that talks SMTP: what the server's answers mean for a delivery."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

SECONDS = 20
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class Undelivered(Exception):
    """The server did not take the mail; `code` is a word such as `smtp_450`, never an address."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Refused(Undelivered):
    """Never (5xx): another attempt makes no sense."""


class Postponed(Undelivered):
    """Not now (4xx): the server wants us to come back later."""


class Unreachable(Undelivered):
    """The server is away, ends the connection, or does not let us in at all."""


class Session:
    """A connection to the mail server, for one mail after another."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self._client = client

    def send(self, mail: EmailMessage, *, sender: str, to: str) -> None:
        """Hand one mail for one recipient over; raises Undelivered.

        When the connection breaks after the last dot, the mail may have been taken: the next
        attempt then repeats it under the same Message-ID.
        """
        try:
            self._client.send_message(mail, from_addr=sender, to_addrs=[to])
        except smtplib.SMTPRecipientsRefused as error:
            (code, _), *_ = error.recipients.values()
            raise _by_class(code) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Refused("address_not_supported") from error
        except smtplib.SMTPResponseException as error:
            raise _by_class(error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable("connection_lost") from error


@contextmanager
def connected(url: str, *, own_name: str) -> Iterator[Session]:
    """A session for the block; raises Unreachable where none is to be had."""
    try:
        client = _connect(url, own_name)
    except (OSError, smtplib.SMTPException) as error:
        raise Unreachable(_why(error)) from error
    try:
        yield Session(client)
    finally:
        _quit(client)


def _connect(url: str, own_name: str) -> smtplib.SMTP:
    parts = urlsplit(url)
    place = (parts.hostname or "127.0.0.1", parts.port or _PORTS[parts.scheme])
    tls = ssl.create_default_context()
    if parts.scheme == "smtps":
        client: smtplib.SMTP = smtplib.SMTP_SSL(
            *place, local_hostname=own_name, timeout=SECONDS, context=tls
        )
    else:
        client = smtplib.SMTP(*place, local_hostname=own_name, timeout=SECONDS)
    try:
        if parts.scheme == "smtp+starttls":
            client.starttls(context=tls)
        if parts.username:
            client.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        client.close()
        raise
    return client


def _quit(client: smtplib.SMTP) -> None:
    try:
        client.quit()
    except (OSError, smtplib.SMTPException):
        client.close()


def _by_class(code: int) -> Undelivered:
    # 421 ends the session, and 53x speak of us and not of the recipient.
    if code == 421 or 530 <= code <= 539:
        return Unreachable(f"smtp_{code}")
    if 500 <= code <= 599:
        return Refused(f"smtp_{code}")
    return Postponed(f"smtp_{code}")


def _why(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"smtp_{error.smtp_code}"
    return "tls_failed" if isinstance(error, ssl.SSLError) else "connection_failed"
