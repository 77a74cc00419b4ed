"""How soon everything is ready, and how much memory it takes together."""

from __future__ import annotations

from bench.installation import installed

READY_SECONDS = 30
MEMORY_MB = 700


def run(_: int, __: float) -> bool:
    """True when start and memory stay below their limits, with the example network loaded."""
    with installed(example=True) as installation:
        memory = installation.memory() / 1e6
        processes = len(installation.pids())
    print("\nEverything on one machine, with the example network")
    print(f"  ready after {installation.seconds:.1f} s (limit {READY_SECONDS})")
    print(f"  {processes} processes with {memory:.0f} MB together, PSS (limit {MEMORY_MB})")
    return installation.seconds < READY_SECONDS and memory < MEMORY_MB
