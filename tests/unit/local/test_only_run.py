"""A local run has its folder for itself."""

from pathlib import Path

import pytest

from local.__main__ import only_run
from local.processes import StartFailed


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    again = only_run(tmp_path / "var")
    with only_run(tmp_path / "var"), pytest.raises(StartFailed, match="runs already"):
        again.__enter__()


def test_nobody_else_reads_mails_logs_and_calls(tmp_path: Path) -> None:
    with only_run(tmp_path / "var"):
        assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700
