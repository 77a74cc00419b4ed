"""Calls to foreign hosts: only to vetted addresses, with TLS for the name, within limits."""

import gzip
import socket
import ssl
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from local.ports import LOOPBACK
from notifications.webhook import http
from notifications.webhook.http import Answer, Caller, Failed
from notifications.webhook.resolver import Resolver, Unresolved
from notifications.webhook.vetting import Rules
from tests.integration.notifications.certificates import Authority
from tests.integration.notifications.receivers import (
    Misbehave,
    Receiver,
    drip,
    endless_body,
    endless_head,
    endless_interim,
    garbage,
    hang,
    hang_up,
    open_socket,
)

MEGABYTE = 1024 * 1024
NAME = "empfang.example.org"
PUBLIC_ADDRESS = "93.184.216.34"
NOW = datetime(2027, 3, 1, tzinfo=UTC)
LOCAL = Caller(rules=Rules(allow_loopback=True), resolve=Resolver(), deadline=1.0)


def post(port: int, caller: Caller = LOCAL) -> Answer:
    return caller.post(f"http://{LOOPBACK}:{port}/hook", {"webhook-id": "1"}, b"{}")


def test_a_call_carries_headers_and_body(receiver: Receiver) -> None:
    answer = LOCAL.post(f"{receiver.url}?a=1", {"webhook-id": "1"}, b'{"a": 1}')
    (call,) = receiver.calls
    assert answer.status == 204
    assert f"{receiver.url}?a=1".endswith(call.path)
    assert call.path.endswith("?a=1")
    assert call.body == b'{"a": 1}'
    assert call.headers["webhook-id"] == "1"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["host"] == receiver.url.split("/")[2]


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    count: list[int] = []
    with open_socket(hang_up, count) as port:
        receiver.answers = [(302, {"Location": f"http://{LOOPBACK}:{port}/"})]
        assert LOCAL.post(receiver.url, {}, b"{}").status == 302
    assert count == []


def test_proxies_of_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{LOOPBACK}:1")
    assert LOCAL.post(receiver.url, {}, b"{}").status == 204


@pytest.mark.parametrize(
    ("misbehave", "code"),
    [
        (hang, "deadline"),
        (drip, "deadline"),
        (endless_head, "answer_too_large"),
        (endless_interim, "answer_too_large"),
        (garbage, "bad_answer"),
        (hang_up, "bad_answer"),
    ],
)
def test_a_receiver_that_misbehaves_is_given_up(misbehave: Misbehave, code: str) -> None:
    with open_socket(misbehave) as port, pytest.raises(Failed) as failed:
        post(port)
    assert failed.value.code == code


def test_an_endless_body_is_not_read_to_its_end() -> None:
    with open_socket(endless_body) as port:
        assert post(port).status == 200


def test_a_compressed_answer_is_not_unpacked() -> None:
    """What a call reads at most would be 64 MB, and goes on for ever."""
    bomb = gzip.compress(bytes(100 * MEGABYTE))

    def send_it(connection: socket.socket, ended: Event) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
        while not ended.is_set():
            connection.sendall(bomb)

    with open_socket(send_it) as port:
        tracemalloc.start()
        assert post(port).status == 200
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert most < MEGABYTE


def test_nobody_listening_is_a_failed_connection() -> None:
    with open_socket(hang) as port:
        pass
    with pytest.raises(Failed, match="connection_failed"):
        post(port)


def test_a_tls_handshake_that_stalls_ends_at_the_deadline() -> None:
    with open_socket(hang) as port, pytest.raises(Failed, match="deadline"):
        post_to_name(port, ssl.create_default_context())


def dials(port: int, dialled: list[tuple[str, int]]) -> http.Dial:
    """What the network would do: the vetted public address leads to a server on loopback."""

    def dial(address: tuple[str, int], seconds: float) -> socket.socket:
        dialled.append(address)
        return socket.create_connection((LOOPBACK, port), seconds)

    return dial


def post_to_name(port: int, tls: ssl.SSLContext, *answers: str) -> list[tuple[str, int]]:
    dialled: list[tuple[str, int]] = []
    caller = Caller(
        rules=Rules(),
        resolve=lambda _host, _port: answers or (PUBLIC_ADDRESS,),
        dial=dials(port, dialled),
        tls=tls,
        deadline=2.0,
    )
    caller.post(f"https://{NAME}/hook", {}, b"{}")
    return dialled


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def tls_port(authority: Authority) -> Iterator[int]:
    with open_socket(authority.answering(NAME)) as port:
        yield port


def test_the_vetted_address_is_dialled_and_tls_is_checked_for_the_name(
    tls_port: int, authority: Authority
) -> None:
    assert post_to_name(tls_port, authority.trusted) == [(PUBLIC_ADDRESS, 443)]


def test_a_certificate_of_another_name_is_refused(authority: Authority) -> None:
    other = authority.answering("anders.example.org")
    with open_socket(other) as port, pytest.raises(Failed, match="tls_failed"):
        post_to_name(port, authority.trusted)


def test_a_certificate_that_nobody_trusts_is_refused(tls_port: int) -> None:
    with pytest.raises(Failed, match="tls_failed"):
        post_to_name(tls_port, ssl.create_default_context())


@pytest.mark.parametrize(
    "answers", [("127.0.0.1",), (PUBLIC_ADDRESS, "10.0.0.1"), (PUBLIC_ADDRESS, "::1")]
)
def test_a_name_that_leads_inside_is_not_dialled(answers: tuple[str, ...]) -> None:
    count: list[int] = []
    refused = pytest.raises(Failed, match="endpoint_not_allowed")
    with open_socket(hang_up, count) as port, refused:
        post_to_name(port, ssl.create_default_context(), *answers)
    assert count == []


def test_a_name_that_changes_between_two_calls_is_refused_at_the_second(
    tls_port: int, authority: Authority
) -> None:
    told = iter([(PUBLIC_ADDRESS,), ("127.0.0.1",)])
    dialled: list[tuple[str, int]] = []
    caller = Caller(
        rules=Rules(),
        resolve=lambda _host, _port: next(told),
        dial=dials(tls_port, dialled),
        tls=authority.trusted,
    )
    assert caller.post(f"https://{NAME}/", {}, b"{}").status == 204
    with pytest.raises(Failed, match="endpoint_not_allowed"):
        caller.post(f"https://{NAME}/", {}, b"{}")
    assert len(dialled) == 1


def test_a_name_is_looked_up_once_a_call(tls_port: int, authority: Authority) -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> tuple[str]:
        asked.append(host)
        return (PUBLIC_ADDRESS,)

    caller = replace(LOCAL, rules=Rules(), resolve=resolve, tls=authority.trusted)
    caller = replace(caller, dial=dials(tls_port, []))
    caller.post(f"https://{NAME}/", {}, b"{}")
    assert asked == [NAME]


def test_the_second_address_is_tried_when_the_first_does_not_answer(
    tls_port: int, authority: Authority
) -> None:
    dialled: list[tuple[str, int]] = []
    working = dials(tls_port, dialled)

    def dial(address: tuple[str, int], seconds: float) -> socket.socket:
        if address[0] == "8.8.8.8":
            raise ConnectionRefusedError
        return working(address, seconds)

    caller = Caller(
        rules=Rules(),
        resolve=lambda _host, _port: ("8.8.8.8", PUBLIC_ADDRESS),
        dial=dial,
        tls=authority.trusted,
    )
    assert caller.post(f"https://{NAME}/", {}, b"{}").status == 204
    assert dialled == [(PUBLIC_ADDRESS, 443)]


def test_a_name_nobody_knows_is_unresolved() -> None:
    with pytest.raises(Unresolved):
        Resolver()("gibt-es-nicht.invalid", 443)


def test_a_slow_resolver_does_not_hold_up_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(30))
    with pytest.raises(Unresolved):
        Resolver(seconds=0.05)(NAME, 443)
    ended.set()


@pytest.mark.parametrize(
    ("status", "told", "wait"),
    [
        (429, "120", timedelta(seconds=120)),
        (503, "0", timedelta()),
        (429, "99999999", timedelta(seconds=99_999_999)),
        (429, "Mon, 01 Mar 2027 00:10:00 GMT", timedelta(minutes=10)),
        (429, "Mon, 01 Mar 2020 00:10:00 GMT", timedelta()),
        (429, "-1", None),
        (429, "bald", None),
        (429, "٣", None),
        (429, "9" * 30, None),
        (429, None, None),
        (500, "120", None),
    ],
)
def test_a_wish_to_be_left_alone_is_read_with_care(
    status: int, told: str | None, wait: timedelta | None
) -> None:
    assert Answer(status=status, retry_after=told).asked_wait(NOW) == wait
