"""A child that hangs is started again; one that says that it waits or cannot start is not."""

import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread, Timer

import pytest

from eventkit.quiet import Quiet

ROOT = Path(__file__).parents[3]


def supervised(how: str, starts: Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "tests.unit.eventkit.supervised", how, str(starts)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=False)


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
    with quiet.alone():
        # Who was at work has finished, and who comes now waits.
        assert leave.is_set()
        second.start()
        assert not after.wait(0.2)
    assert after.wait(5)
    for thread in (first, second, releasing):
        thread.join()
