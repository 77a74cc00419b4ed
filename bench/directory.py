"""How long the official directory of all of Germany takes to import, and how much memory."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.server import KEY, migrated, running_server
from local.settings import CHECKOUT
from registry.app import SERVICE

SECONDS = 15
MEMORY_MB = 200
MUNICIPALITIES = 11_004
EXAMPLE = CHECKOUT / "examples" / "gv100ad_example.txt"


@contextmanager
def directory() -> Iterator[Path]:
    """The file that GV100AD_FILE names, else one of that size with names of our own."""
    if named := os.environ.get("GV100AD_FILE"):
        yield Path(named)
        return
    with TemporaryDirectory() as folder:
        made = Path(folder) / "gv100ad.txt"
        made.write_text("\n".join(lines()), encoding="utf-8")
        yield made


def lines() -> Iterator[str]:
    pattern = next(
        line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line[:2] == "60"
    )
    for number in range(MUNICIPALITIES):
        key = f"{1 + number % 16:02}{1 + number // 16 % 9}{number // 144:05}"
        yield f"{pattern[:10]}{key}{pattern[18:22]}{f'Gemeinde {number}':50}{pattern[72:]}"


def imported(file: Path, environment: Mapping[str, str]) -> tuple[float, float, int]:
    """Seconds, megabytes at the most, and how many records the command line changed."""
    began = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "registry", "import", file, "--apply"],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = perf_counter() - began
    told, _ = process.communicate()
    changed = re.search(r"^(\d+) records changed", told, re.MULTILINE)
    return seconds, usage.ru_maxrss / 1024, int(changed[1]) if changed else 0


def run(_: int, __: float) -> bool:
    """True when the import of a whole directory stays below its limits."""
    with running_server() as server, directory() as file:
        databases = migrated(server, "registry", SERVICE.migrations)
        environment = databases.environment() | {"MASTER_KEY": KEY, "CHAIN_KEY": KEY}
        seconds, megabytes, changed = imported(file, environment)
    print("\nImport of a directory of all of Germany, by the command line")
    print(f"  {changed:,} records in {seconds:.1f} s (limit {SECONDS})")
    print(f"  {megabytes:.0f} MB at the most (limit {MEMORY_MB})")
    return changed >= MUNICIPALITIES and seconds < SECONDS and megabytes < MEMORY_MB
