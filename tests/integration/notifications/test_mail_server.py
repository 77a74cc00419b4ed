"""A mail server that is away, hangs up, or has no TLS where TLS is wanted."""

import socket
from threading import Event

import pytest

from local.ports import LOOPBACK, free_port
from notifications.mail.message import message
from notifications.mail.smtp import Postponed, Refused, Unreachable, connected
from tests.integration.notifications.receivers import Misbehave, open_socket
from tests.mailbox import Mailbox
from tests.unit.notifications.facts import LETTER

ADDRESSES = {"sender": "netzwerk@example.org", "to": "stadt@example.org"}
MAIL = message(LETTER)


def speaks(*answers: bytes, then_close: bool = True) -> Misbehave:
    """A server that gives these answers in turn, whatever it is told."""

    def talk(connection: socket.socket, ended: Event) -> None:
        for answer in answers:
            connection.sendall(answer + b"\r\n")
            if answer.startswith(b"354"):
                while not connection.recv(65536).endswith(b"\r\n.\r\n"):
                    pass
            else:
                connection.recv(65536)
        if not then_close:
            ended.wait(30)

    return talk


def send(port: int, scheme: str = "smtp") -> None:
    url = f"{scheme}://{LOOPBACK}:{port}"
    with connected(url, own_name="example.org") as server:
        server.send(MAIL, **ADDRESSES)


def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="connection_failed"):
        send(free_port())


def test_a_banner_that_refuses_is_unreachable() -> None:
    with open_socket(speaks(b"554 no service")) as port, pytest.raises(Unreachable):
        send(port)


def test_a_banner_that_does_not_come_is_waited_for_a_while_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("notifications.mail.smtp.SECONDS", 0.2)
    outlasted: list[bool] = []

    def say_nothing(_: socket.socket, ended: Event) -> None:
        outlasted.append(not ended.wait(10))

    with open_socket(say_nothing) as port, pytest.raises(Unreachable, match="connection_failed"):
        send(port)
    assert outlasted == [False]


def test_a_connection_lost_after_the_last_dot_is_tried_again() -> None:
    lost = speaks(b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"354 go")
    with open_socket(lost) as port, pytest.raises(Unreachable, match="connection_lost"):
        send(port)


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (b"451 later", Postponed, "smtp_451"),
        (b"552 too big", Refused, "smtp_552"),
        (b"421 closing", Unreachable, "smtp_421"),
    ],
)
def test_the_answer_to_the_mail_decides(answer: bytes, kind: type[Exception], code: str) -> None:
    talk = speaks(b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"354 go", answer, b"250 ok")
    with open_socket(talk) as port, pytest.raises(kind, match=code):
        send(port)


def test_a_server_that_wants_a_login_is_our_fault_and_not_the_recipients() -> None:
    talk = speaks(b"220 hi", b"250 hi", b"530 authenticate", b"250 ok", b"250 ok")
    with open_socket(talk) as port, pytest.raises(Unreachable, match="smtp_530"):
        send(port)


def test_where_tls_is_wanted_nothing_is_sent_in_the_clear(mailbox: Mailbox) -> None:
    for scheme in ("smtp+starttls", "smtps"):
        with pytest.raises(Unreachable):
            send(mailbox.port, scheme)
    assert mailbox.mails == []
