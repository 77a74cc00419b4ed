"""How much room the disks have on which a role appends to its files.

On one host they are, as a rule, the disk of the databases and of the broker too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from shutil import disk_usage

from prometheus_client.metrics_core import GaugeMetricFamily, Metric


def disk_gauges(service: str, files: Mapping[str, str | None]) -> Callable[[], Iterable[Metric]]:
    """Bytes by the setting that names the file; one whose folder is away has no number."""

    def asked() -> Iterator[Metric]:
        labels = ["service", "setting"]
        told = "Room that is left on the disk of the file that the setting names."
        free = GaugeMetricFamily("disk_free_bytes", told, labels=labels)
        told = "What this disk holds in all."
        size = GaugeMetricFamily("disk_size_bytes", told, labels=labels)
        for setting, file in files.items():
            if file is None or not (folder := Path(file).parent).is_dir():
                continue
            room = disk_usage(folder)
            free.add_metric([service, setting], room.free)
            size.add_metric([service, setting], room.total)
        yield from (free, size)

    return asked
