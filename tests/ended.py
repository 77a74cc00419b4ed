"""Waits until processes have ended, also where nobody collects their exit codes."""

import time
from collections.abc import Sequence

import psutil


def has_ended(process: psutil.Process) -> bool:
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def survivors(processes: Sequence[psutil.Process], *, seconds: float) -> list[psutil.Process]:
    """Who still runs after that time."""
    deadline = time.monotonic() + seconds
    running = list(processes)
    while running and time.monotonic() < deadline:
        time.sleep(0.05)
        running = [process for process in running if not has_ended(process)]
    return running
