"""Files stay small, and their names say what they hold."""

from pathlib import Path

import pytest

from tests.architecture.project import DISTRIBUTIONS, ROOT, python_files

LONGEST = 300
LONGEST_TEST = 400
SAYS_NOTHING = {"utils", "helpers", "common", "base", "manager", "services", "misc"}
PYTHON = python_files()


def limit(path: Path) -> int:
    return LONGEST_TEST if path.is_relative_to(ROOT / "tests") else LONGEST


def test_no_file_is_longer_than_a_reader_can_follow() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in PYTHON}
    too_long = {path.relative_to(ROOT): n for path, n in lengths.items() if n > limit(path)}
    assert too_long == {}


def test_no_module_has_a_name_that_fits_anything() -> None:
    assert [path.relative_to(ROOT) for path in PYTHON if path.stem in SAYS_NOTHING] == []


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_packages_are_empty_at_the_top(name: str) -> None:
    packages = (DISTRIBUTIONS[name] / "src").rglob("__init__.py")
    assert [path for path in packages if path.read_text(encoding="utf-8").strip()] == []
