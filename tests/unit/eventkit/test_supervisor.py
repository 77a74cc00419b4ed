"""A child that hangs is started again, one that waits or cannot start is not; ends are heard."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from eventkit.quiet import Quiet

ROOT = Path(__file__).parents[3]


def command(how: str, starts: Path) -> list[str]:
    return [sys.executable, "-m", "tests.unit.eventkit.supervised", how, str(starts)]


def supervised(how: str, starts: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command(how, starts), cwd=ROOT, capture_output=True, timeout=60, check=False
    )


@pytest.mark.parametrize(("how", "starts"), [("hangs", 2), ("waits", 1)])
def test_a_child_is_started_again_when_it_hangs_and_not_when_it_waits(
    how: str, starts: int, tmp_path: Path
) -> None:
    file = tmp_path / "starts"
    ended = supervised(how, file)
    assert ended.returncode == 0
    assert len(file.read_text()) == starts
    assert (b"child_silent" in ended.stdout) == (how == "hangs")


def test_what_cannot_start_ends_all_even_when_it_was_ready_for_a_moment(tmp_path: Path) -> None:
    file = tmp_path / "starts"
    assert supervised("refuses", file).returncode == os.EX_CONFIG
    assert len(file.read_text()) == 1


def test_an_end_is_heard_while_a_thread_that_never_ends_keeps_a_child_from_being_forked(
    tmp_path: Path,
) -> None:
    file = tmp_path / "starts"
    with subprocess.Popen(command("dies", file), cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        next(line for line in process.stdout if b"child_restarts" in line)
        # Longer than the pause before the restart, which is then due.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(2)
        process.terminate()
        try:
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert len(file.read_text()) == 1


def test_who_would_be_alone_is_told_that_somebody_works_on() -> None:
    quiet = Quiet()
    with ThreadPoolExecutor() as threads, quiet.work():
        assert not threads.submit(is_alone, quiet).result()
    assert is_alone(quiet)


def is_alone(quiet: Quiet) -> bool:
    with quiet.alone() as found:
        return found


def test_nothing_works_while_somebody_is_alone() -> None:
    quiet, entered, leave, after = Quiet(), Event(), Event(), Event()

    def work() -> None:
        with quiet.work():
            entered.set()
            leave.wait()

    def late() -> None:
        with quiet.work():
            after.set()

    first, second = Thread(target=work), Thread(target=late)
    first.start()
    entered.wait()
    releasing = Timer(0.2, leave.set)
    releasing.start()
    with quiet.alone() as found:
        assert found
        # Who was at work has finished, and who comes now waits.
        assert leave.is_set()
        second.start()
        assert not after.wait(0.2)
    assert after.wait(5)
    for thread in (first, second, releasing):
        thread.join()
