"""The numbers of docs/security.md are those that the suites count."""

from pathlib import Path

from tests.security import counts

PAGE = """
| tried | cases |
|---|---:|
| forged tokens | 64 |
| cases of schemathesis | 1,000 |
| leaks | 0 |
"""


def test_a_number_that_is_no_more_true_is_told(tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    counts.keep({"forged tokens": 65, "cases of schemathesis": 1000}, file)
    counts.keep({"forged tokens": 63, "leaks": 1, "routes": 5}, file)
    assert counts.differences(counts.told(PAGE), counts.counted(file)) == [
        "forged tokens: the page says 64, the run 63",
        "leaks: the page says 0, the run 1",
        "routes: the page says nothing, the run 5",
    ]


def test_a_page_with_the_right_numbers_differs_in_nothing(tmp_path: Path) -> None:
    file = tmp_path / "counts.json"
    counts.keep({"forged tokens": 64, "cases of schemathesis": 1100, "leaks": 0}, file)
    assert counts.differences(counts.told(PAGE), counts.counted(file)) == []


def test_a_page_is_written_with_the_numbers_of_the_last_run() -> None:
    page = counts.rewritten(f"{PAGE}\nMore.\n", {"routes": 5, "forged tokens": 1065})
    assert counts.told(page) == {"forged tokens": 1065, "routes": 5}
    assert page.endswith("\nMore.\n")
