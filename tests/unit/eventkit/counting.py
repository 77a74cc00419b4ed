"""Children that count and end, one after the other.

`python -m tests.unit.eventkit.counting FOLDER CHILDREN` prints, after each of them, how many
requests are told, and at last how many files there are.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from eventkit import metrics

EACH = 3


def child(*, is_killed: bool) -> None:
    for _ in range(EACH):
        metrics.observe("sample", "GET", "/things", 200, 0.01)
    if is_killed:
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(0)


def told(page: metrics.Exposition, name: str) -> int:
    lines = page.text().decode().splitlines()
    return sum(int(float(line.rpartition(" ")[2])) for line in lines if line.startswith(name))


def main(folder: Path, children: int) -> None:
    metrics.share(folder)
    page = metrics.Exposition("sample", "1", folder, [])
    for number in range(children):
        pid = os.fork()
        if pid == 0:
            child(is_killed=number % 2 == 0)
        before = told(page, "http_requests_total")
        os.waitpid(pid, 0)
        metrics.forget(pid, folder)
        after = told(page, "http_requests_total"), told(page, "http_request_seconds_count")
        sys.stdout.write(f"{before <= after[0]} {after[0]} {after[1]}\n")
    sys.stdout.write(f"{len(list(folder.iterdir()))}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
