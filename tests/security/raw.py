"""Requests as bytes, for what no HTTP client would send."""

import socket

PATIENCE_SECONDS = 20


def exchange(port: int, message: bytes) -> bytes:
    """What the server answers until it closes the connection; raises TimeoutError if it never does.

    The sending side stays open: who waits for the rest of a request waits in vain.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(message)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    return received


def status(answer: bytes) -> int:
    """The status of the first answer in these bytes."""
    assert answer.startswith(b"HTTP/1.1 "), answer[:80]
    return int(answer.split(b" ")[1])
