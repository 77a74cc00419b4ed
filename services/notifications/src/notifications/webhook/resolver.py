"""Names to addresses within a time limit, which the system's own resolver does not have."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong


class Unresolved(Exception):
    """The name has no address, or nobody said so in time."""


class Resolver:
    """Asks the system's resolver in threads of its own; a slow name holds nobody else up."""

    def __init__(self, *, threads: int = 8, seconds: float = 5) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="resolver")
        self._seconds = seconds

    def __call__(self, host: str, port: int) -> Sequence[str]:
        """Every address of the name; raises Unresolved."""
        asked = self._threads.submit(_addresses, host, port)
        try:
            return asked.result(self._seconds)
        except (TookTooLong, OSError) as error:
            asked.cancel()
            raise Unresolved(host) from error


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))
