"""When the file of heads was last written is known from a worker's start on, in any case."""

import os
from pathlib import Path

from local.databases import Databases
from local.processes import wait_until
from tests.integration.eventkit.serving import environment, serving

WRITTEN = 'heads_export_timestamp_seconds{service="things"}'
LONG_AGO = 1_700_000_000


def aged(file: Path, content: str) -> Path:
    file.write_text(content)
    os.utime(file, (LONG_AGO, LONG_AGO))
    return file


def has_lines(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


def test_a_worker_that_cannot_write_since_it_started_tells_when_the_file_last_grew(
    things: Databases, tmp_path: Path
) -> None:
    # Nobody appends to what somebody else wrote.
    file = aged(tmp_path / "heads", "of another service\n")
    log = tmp_path / "worker.log"
    with serving(environment(things, HEADS_EXPORT=str(file)), log, "worker") as worker:
        wait_until(lambda: b"heads_export_failed" in log.read_bytes(), what="a try", seconds=60)
        assert worker.metric(WRITTEN) == LONG_AGO


def test_a_worker_that_can_write_it_knows_that_the_file_is_complete(
    things: Databases, tmp_path: Path
) -> None:
    file = aged(tmp_path / "heads", "")
    with serving(environment(things, HEADS_EXPORT=str(file)), tmp_path / "log", "worker") as worker:
        wait_until(lambda: worker.metric(WRITTEN) > LONG_AGO, what="a write", seconds=60)


def test_a_worker_that_is_started_again_misses_no_file_that_was_taken_away(
    things: Databases, tmp_path: Path
) -> None:
    file = tmp_path / "heads"
    environ = environment(things, HEADS_EXPORT=str(file), HEADS_EXPORT_SECONDS="1")
    with serving(environ, tmp_path / "log", "all") as server:
        wait_until(lambda: has_lines(file), what="a head", seconds=60)
        file.unlink()
        for child in server.children():
            os.kill(child, 9)
        wait_until(lambda: has_lines(file), what="a file anew", seconds=60)


def test_a_worker_without_a_file_tells_nothing_of_one(things: Databases, tmp_path: Path) -> None:
    with serving(environment(things), tmp_path / "log", "worker") as worker:
        assert "heads_export_timestamp_seconds{" not in worker.ask("/metrics").text
