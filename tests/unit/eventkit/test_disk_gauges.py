"""The room on the disk of each file that only grows is told, and no file's that is not there."""

from collections.abc import Mapping
from os import statvfs
from pathlib import Path

from eventkit.disk_gauges import disk_gauges


def told(files: Mapping[str, str | None]) -> dict[str, dict[str, float]]:
    """By metric and setting."""
    return {
        metric.name: {sample.labels["setting"]: sample.value for sample in metric.samples}
        for metric in disk_gauges("things", files)()
    }


def test_the_room_of_the_disk_is_told_before_the_file_is_there() -> None:
    disk = statvfs("/dev/shm")  # noqa: S108  (a disk of its own, and it is only looked at)
    numbers = told({"HEADS_EXPORT": "/dev/shm/no-such-file"})  # noqa: S108  (the same)
    assert numbers["disk_size_bytes"] == {"HEADS_EXPORT": disk.f_blocks * disk.f_frsize}
    (free,) = numbers["disk_free_bytes"].values()
    assert 0 < free <= disk.f_blocks * disk.f_frsize


def test_what_is_not_set_or_lies_nowhere_has_no_number(tmp_path: Path) -> None:
    numbers = told({"HEADS_EXPORT": None, "ERASURE_JOURNAL": f"{tmp_path}/gone/journal"})
    assert numbers == {"disk_free_bytes": {}, "disk_size_bytes": {}}
