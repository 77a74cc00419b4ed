"""Children end when they are told to, and when their parent is killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from local.processes import UNLESS_ORPHANED, StartFailed, spawn, stop, wait_until
from tests.ended import survivors

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print(1, flush=True); time.sleep(60)",
]
PARENT = """
import sys, time
from pathlib import Path
from local.processes import spawn
child = spawn([sys.executable, "-c", "import time; time.sleep(60)"], log=Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path / "log")]
    deploy = str(Path(__file__).parents[3] / "deploy")
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={"PYTHONPATH": deploy}) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert survivors([child], seconds=10) == []


def test_a_child_whose_parent_is_gone_already_never_starts() -> None:
    orphan = ["sh", "-c", UNLESS_ORPHANED, str(os.getppid()), "echo", "started"]
    done = subprocess.run(orphan, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    child = spawn(DEAF, log=log)
    wait_until(lambda: log.read_text() != "", what="child", seconds=10, child=child)
    stop([child], seconds=0.2)
    assert child.returncode == -signal.SIGKILL


def test_a_child_that_ends_early_is_not_waited_for(tmp_path: Path) -> None:
    child = spawn([sys.executable, "-c", "raise SystemExit(3)"], log=tmp_path / "log")
    with pytest.raises(StartFailed, match="exit code 3"):
        wait_until(lambda: False, what="child", seconds=60, child=child)


def test_waiting_has_an_end(tmp_path: Path) -> None:
    child = spawn(SLEEP, log=tmp_path / "log")
    with pytest.raises(StartFailed, match="not ready"):
        wait_until(lambda: False, what="child", seconds=0.2, child=child)
    stop([child])
