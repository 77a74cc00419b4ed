"""What is prepared before a fork leaves nothing open that a child could share by mistake."""

import os
import threading

from eventkit import prefork


def test_preparing_opens_no_connection_and_starts_no_thread() -> None:
    before = set(os.listdir("/proc/self/fd")), threading.active_count()
    prefork.prepare()
    assert (set(os.listdir("/proc/self/fd")), threading.active_count()) == before
