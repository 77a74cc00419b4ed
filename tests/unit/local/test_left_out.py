"""What is said of tests whose programs are not on this machine."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
WATCHED = "tests/e2e/test_watched.py"


def collected(where: str, path: str) -> str:
    """What pytest would run there, with programs from this path alone."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", where],
        cwd=ROOT,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    for name in ("promtool", "amtool"):
        (tmp_path / name).touch(mode=0o755)
    return tmp_path


def test_what_lacks_its_program_is_named_and_not_run(tmp_path: Path) -> None:
    said = collected("tests/e2e", str(tmp_path))
    assert f"not run: {WATCHED}, which needs promtool" in said
    assert f"{WATCHED}::" not in said


def test_what_has_its_program_is_run(programs: Path) -> None:
    said = collected("tests/e2e", str(programs))
    assert "not run" not in said
    assert f"{WATCHED}::" in said


def test_what_was_asked_for_by_its_path_is_run_and_says_itself_what_it_lacks(
    tmp_path: Path,
) -> None:
    assert f"{WATCHED}::" in collected(WATCHED, str(tmp_path))
