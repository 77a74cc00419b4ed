"""Counts outlive the processes that counted, and cost nothing for those that are gone."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from typing import Any

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.mmap_dict import MmapedDict, mmap_key

from eventkit import metrics
from eventkit.kept_counts import keep
from tests.unit.eventkit.counting import EACH

CHILDREN = 60
# It has no types.
untyped: Any = MmapedDict


def count(folder: Path, pid: int, value: float, key: str = "key") -> None:
    values: Any = untyped(str(folder / f"counter_{pid}.db"))
    values.write_value(key, value, 0.0)
    values.close()


def kept(folder: Path) -> dict[str, float]:
    found = untyped.read_all_values_from_file(str(folder / "counter_0.db"))
    return {key: value for key, value, _, _ in found}


def test_no_count_is_lost_doubled_or_taken_back_when_children_end_or_are_killed(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    count(folder, 4711, 1000)
    command = [sys.executable, "-m", "tests.unit.eventkit.counting", str(folder), str(CHILDREN)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    *after_each, files = done.stdout.splitlines()
    sums = (EACH * number for number in range(1, CHILDREN + 1))
    assert after_each == [f"True {one} {one}" for one in sums]
    assert int(files) == 2


def test_a_pid_that_comes_again_goes_on_from_nothing(tmp_path: Path) -> None:
    for value in (2, 3):
        count(tmp_path, 4711, value)
        keep(4711, tmp_path)
    assert kept(tmp_path) == {"key": 5}
    assert [one.name for one in tmp_path.iterdir()] == ["counter_0.db"]


def test_a_process_that_counted_nothing_leaves_nothing(tmp_path: Path) -> None:
    keep(4711, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_was_killed_before_it_counted_takes_nobodys_counts_along(
    tmp_path: Path,
) -> None:
    count(tmp_path, 4711, 2)
    keep(4711, tmp_path)
    (tmp_path / "counter_4712.db").touch()
    keep(4712, tmp_path)
    assert kept(tmp_path) == {"key": 2}
    assert [one.name for one in tmp_path.iterdir()] == ["counter_0.db"]


def test_what_is_told_waits_for_a_file_that_is_made_just_now(tmp_path: Path) -> None:
    page = metrics.Exposition("sample", "1", tmp_path, [])
    making = tmp_path / "counter_4711.db"
    making.touch()
    with ThreadPoolExecutor(1) as threads:
        told = threads.submit(page.text)
        assert not wait([told], timeout=0.2).done
        untyped(str(making)).close()
        assert b"build_info" in told.result()


def test_a_process_is_forgotten_while_a_scrape_asks_a_database_that_is_silent(
    tmp_path: Path,
) -> None:
    asked, answered = Event(), Event()

    def silent() -> Iterator[Metric]:
        asked.set()
        answered.wait(60)
        yield GaugeMetricFamily("answered", "At last.", value=1)

    page = metrics.Exposition("sample", "1", tmp_path, [silent])
    key = mmap_key("counted", "counted_total", [], [], "Counted.")
    count(tmp_path, 4711, 2, key)
    with ThreadPoolExecutor(2) as threads:
        told = threads.submit(page.text)
        assert asked.wait(10)
        forgotten = threads.submit(metrics.forget, 4711, tmp_path)
        is_done = bool(wait([forgotten], timeout=10).done)
        answered.set()
        text = told.result()
    assert is_done
    assert b"answered 1.0" in text
    assert b"counted_total 2.0" in text
    assert kept(tmp_path) == {key: 2}
