"""A process that is about to end: it says so to who asks, and ends without a lost connection."""

from __future__ import annotations

import ctypes
import mmap
import socket
import struct
from contextlib import suppress
from time import sleep

# <asm-generic/socket.h>; Python has no name for it.
_SO_ATTACH_FILTER = 26
# Classic BPF over the TCP header: load byte 13, the flags; drop where SYN is set, else take all.
_NO_SYN = ((0x30, 0, 0, 13), (0x45, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFFFFFF))
# Longer than a handshake takes within one site.
_HANDSHAKE_SECONDS = 0.05


class Leaving:
    """Whether it is; begun by the parent, and seen by all of its children."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    def begin(self) -> None:
        self._shared[0] = 1

    def __bool__(self) -> bool:
        return bool(self._shared[0])


def turn_away(listener: socket.socket) -> None:
    """Take no new connections, until those that began are established; then it may be closed.

    Closing resets what lies in the queue, and who has just connected and sent something can't know
    whether it was read. Whose SYN is dropped asks again a second later, and is refused then.
    """
    program = b"".join(struct.pack("HBBI", *step) for step in _NO_SYN)
    kept = ctypes.create_string_buffer(program)
    pointer = struct.pack("HL", len(_NO_SYN), ctypes.addressof(kept))
    # A system without such filters closes as ever.
    with suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, pointer)
        sleep(_HANDSHAKE_SECONDS)
