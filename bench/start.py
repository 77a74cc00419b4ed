"""How soon everything is ready, how much memory it takes together, and what it costs idle."""

from __future__ import annotations

from time import sleep

from bench.installation import installed

READY_SECONDS = 30
MEMORY_MB = 700
IDLE_SECONDS = 5
IDLE_PERCENT = 10


def run(_: int, __: float) -> bool:
    """True when start and memory stay below their limits, with the example network loaded."""
    with installed(example=True) as installation:
        memory = installation.memory() / 1e6
        processes = len(installation.pids())
        before = installation.cpu_seconds()
        sleep(IDLE_SECONDS)
        idle = (installation.cpu_seconds() - before) / IDLE_SECONDS * 100
    print("\nEverything on one machine, with the example network")
    print(f"  ready after {installation.seconds:.1f} s (limit {READY_SECONDS})")
    print(f"  {processes} processes with {memory:.0f} MB together, PSS (limit {MEMORY_MB})")
    print(f"  {idle:.1f} % of one core while nothing happens (limit {IDLE_PERCENT})")
    within = installation.seconds < READY_SECONDS and memory < MEMORY_MB
    return within and idle < IDLE_PERCENT
