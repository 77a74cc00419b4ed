"""A network of one's own, in which packets can be dropped without touching anybody else's.

What the calling thread starts meanwhile, threads and processes, lives in it. Needs root.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NEW_NETWORK = 0x40000000
_HERE = Path("/proc/thread-self/ns/net")
_TABLE = "faults"


class NotPermitted(Exception):
    """No network can be made here; the text says why."""


@contextmanager
def own_network() -> Iterator[None]:
    """A new network with nothing but loopback, for the block; raises NotPermitted."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open(_HERE, os.O_RDONLY)
    try:
        if libc.unshare(_NEW_NETWORK):
            raise NotPermitted(os.strerror(ctypes.get_errno()))
        try:
            told("ip", "link", "set", "lo", "up")
            told("nft", "add", "table", "inet", _TABLE)
            yield
        finally:
            libc.setns(home, _NEW_NETWORK)
    finally:
        os.close(home)


@contextmanager
def dropped(port: int) -> Iterator[None]:
    """Packets to and from this port vanish during the block: no answer, no reset."""
    chain = "{ type filter hook output priority 0; }"
    told("nft", f"add chain inet {_TABLE} out {chain}")
    try:
        for side in ("dport", "sport"):
            told("nft", f"add rule inet {_TABLE} out tcp {side} {port} drop")
        yield
    finally:
        told("nft", f"delete chain inet {_TABLE} out")


def told(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise NotPermitted(f"there is no {command[0]}") from error
    if done.returncode:
        raise NotPermitted(f"{' '.join(command)}: {done.stderr.strip()}")
