"""Files that only grow: opened so that `chattr +a` does no harm, and on the disk in time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path

# Who was erased concerns nobody else; the exported heads are for whoever wants to verify.
JOURNAL_MODE, HEADS_MODE = 0o600, 0o644


@contextmanager
def opened(path: Path, mode: int) -> Iterator[int]:
    """The file, which is made where it is missing; raises OSError.

    An empty one is named on the disk first, whoever made it: a line in a file whose name a power
    cut takes away is gone with it.
    """
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        if not os.fstat(file).st_size:
            _sync(path.parent)
        yield file
    finally:
        os.close(file)


@contextmanager
def locked(path: Path, mode: int) -> Iterator[int]:
    """The same, for one process at a time."""
    with opened(path, mode) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def append(file: int, content: bytes) -> None:
    """Write all of it and wait until it is on the disk; raises OSError.

    A disk that is nearly full takes a part, and says so by the count alone.
    """
    if os.write(file, content) < len(content):
        raise OSError(ENOSPC, os.strerror(ENOSPC))
    os.fsync(file)


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
