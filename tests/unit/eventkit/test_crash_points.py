"""Crash points: inert unless armed, exact when armed, and all of them named in one place."""

import re
import signal
import subprocess
import sys

import pytest

from eventkit import crash_points
from eventkit.settings import BadSettings, Settings
from tests.architecture.project import DISTRIBUTIONS
from tests.unit.eventkit.test_settings import GOOD

REACHED = re.compile(r'(?<![.\w])reach\("([^"]+)"\)')
COMES_BY = """
from eventkit import crash_points
crash_points.arm({at!r})
for time in range(1, 5):
    crash_points.reach("relay.read")
    crash_points.reach("relay.after_ack")
    print(time, flush=True)
"""


def came_by(at: crash_points.CrashAt | None) -> tuple[int, str]:
    program = [sys.executable, "-c", COMES_BY.format(at=at)]
    ended = subprocess.run(program, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout


def test_a_process_that_nobody_armed_goes_on() -> None:
    assert came_by(None) == (0, "1\n2\n3\n4\n")


@pytest.mark.parametrize(("time", "before"), [(1, ""), (3, "1\n2\n")])
def test_an_armed_process_is_killed_when_it_comes_by_for_the_nth_time(
    time: int, before: str
) -> None:
    assert came_by(("relay.after_ack", time)) == (-signal.SIGKILL, before)


def test_a_point_that_is_not_in_the_list_is_a_bad_setting() -> None:
    for wrong in ("relay.nowhere", "relay.read:0", "relay.read:x", "relay.read:", ":3"):
        with pytest.raises(BadSettings, match="CRASH_AT must be a crash point"):
            Settings.from_env(GOOD | {"CRASH_AT": wrong})


def test_a_point_has_its_first_time_unless_another_is_named() -> None:
    assert Settings.from_env(GOOD | {"CRASH_AT": "relay.read"}).crash_at == ("relay.read", 1)
    assert Settings.from_env(GOOD | {"CRASH_AT": "relay.read:50"}).crash_at == ("relay.read", 50)
    assert not Settings.from_env(GOOD | {"CRASH_AT": "relay.read"}).allow_crash_points


def test_the_list_names_every_point_in_the_code_and_no_other() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for folder in DISTRIBUTIONS.values()
        for path in (folder / "src").rglob("*.py")
    ]
    reached = [name for text in texts for name in REACHED.findall(text)]
    assert sorted(reached) == sorted(crash_points.POINTS)
