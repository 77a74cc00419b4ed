"""How far a rebuild is, for who reads a log instead of a terminal."""

import pytest

from eventkit.progress import shown


def test_without_a_terminal_there_is_a_line_every_few_seconds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seconds = iter([100.0, 101.0, 105.0, 105.0, 109.0, 110.5, 110.5])
    monkeypatch.setattr("eventkit.progress.monotonic", lambda: next(seconds))
    with shown("titles") as progress:
        for done in (1_000, 2_000, 3_000, 4_000):
            progress(done, 9_000)
    assert capsys.readouterr().out.splitlines() == [
        "titles: position 2000 of 9000",
        "titles: position 4000 of 9000",
    ]
