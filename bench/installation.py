"""A whole installation by the launcher of `make run`, in a folder and on ports of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Any

from local.postgres import nearest
from local.settings import CHECKOUT

PORT_BASE = 21_400


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What runs, as `var/run.json` says; `seconds` until it was ready."""

    process: subprocess.Popen[bytes]
    folder: Path
    run: dict[str, Any]
    seconds: float

    def superuser(self, database: str = "postgres") -> str:
        """The URL of a database, over the socket that the services use too."""
        secrets = json.loads((self.folder / "secrets" / "credentials.json").read_text())
        return nearest(self.folder / "postgres", PORT_BASE + 32, secrets["postgres"], database)

    def pids(self) -> list[int]:
        """The launcher and everything below it."""
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
        found = [self.process.pid]
        for pid in found:
            found += children.get(pid, [])
        return found

    def cpu_seconds(self) -> float:
        """CPU time of all processes so far."""
        return sum(_ticks(pid) for pid in self.pids()) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> int:
        """Bytes in memory, shared pages counted by their share (PSS)."""
        return sum(_pss(pid) for pid in self.pids())


@contextmanager
def installed(example: bool, **settings: str) -> Iterator[Installation]:
    """Everything up for the block, nothing left after it; `settings` are for every service."""
    with TemporaryDirectory(prefix="bench-run-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        environment = os.environ | {
            "VAR_FOLDER": str(folder),
            "PORT_BASE": str(PORT_BASE),
            "NETZTREFF_EXAMPLE": "yes" if example else "no",
            "PYTHONPATH": "deploy",
            **settings,
        }
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "local"],
                cwd=CHECKOUT,
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            seconds = _ready(process, folder)
            run = json.loads((folder / "run.json").read_text())
            yield Installation(process=process, folder=folder, run=run, seconds=seconds)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _ready(process: subprocess.Popen[bytes], folder: Path) -> float:
    began = monotonic()
    while b"ready after" not in (folder / "output").read_bytes():
        if process.poll() is not None:
            raise SystemExit((folder / "output").read_text())
        sleep(0.05)
    return monotonic() - began


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
