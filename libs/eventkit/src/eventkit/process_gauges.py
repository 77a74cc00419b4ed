"""Since when a role runs, and how often its children had to be started."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from time import time

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric


def process_gauges(
    service: str, role: str, starts: Callable[[], Mapping[str, int]]
) -> Callable[[], Iterable[Metric]]:
    """The numbers of a parent process, which starts now."""
    started_at = time()

    def asked() -> Iterator[Metric]:
        told = "When the role's parent process started, in Unix time."
        since = GaugeMetricFamily("process_start_time_seconds", told, labels=["service", "role"])
        since.add_metric([service, role], started_at)
        yield since
        told = "Starts of a child process, the first one included."
        counted = CounterMetricFamily("child_starts", told, labels=["service", "child"])
        for child, number in starts().items():
            counted.add_metric([service, child], number)
        yield counted

    return asked
