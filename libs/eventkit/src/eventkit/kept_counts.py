"""What processes counted that ended: added up in one file of each kind, not one of each process.

A scrape reads every file, so it would take longer with every process that ever ended.
"""

from __future__ import annotations

from pathlib import Path

from prometheus_client.mmap_dict import MmapedDict

# What a process leaves behind and what adds up by key; gauges of all kinds here are live ones.
_KINDS = ("counter", "histogram")
# No process has this pid.
_ALL = 0


def keep(pid: int, folder: Path) -> None:
    """Add up what the process counted, which has ended; nobody may read the folder meanwhile."""
    for kind in _KINDS:
        ended = folder / f"{kind}_{pid}.db"
        if not ended.exists():
            continue
        # A process that is killed at the very start of its file leaves it empty.
        if ended.stat().st_size:
            _add(ended, folder / f"{kind}_{_ALL}.db")
        ended.unlink()


def _add(ended: Path, to: Path) -> None:
    kept = MmapedDict(str(to))  # type: ignore[no-untyped-call]  # published so
    try:
        values = MmapedDict.read_all_values_from_file(str(ended))  # type: ignore[no-untyped-call]  # as above
        for key, value, timestamp, _ in values:
            before, _ = kept.read_value(key)  # type: ignore[no-untyped-call]  # as above
            kept.write_value(key, before + value, timestamp)  # type: ignore[no-untyped-call]  # as above
    finally:
        kept.close()  # type: ignore[no-untyped-call]  # as above
