"""Exits 0 when the process in this container says that it is ready."""

import socket
import sys

# Asked every few seconds in every container, so by hand: an HTTP client takes longer to load.
try:
    with socket.create_connection(("127.0.0.1", 9000), timeout=4) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        answer = connection.recv(64)
except OSError:
    sys.exit(1)
sys.exit(not answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 ")))
