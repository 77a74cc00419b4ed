"""`python -m registry keys`: the generations of the signing key, changed by hand."""

import re

from eventkit.settings import Settings
from tests.integration.registry.conftest import Callers
from tests.integration.registry.test_command_line import run

LINE = re.compile(r"(\d+) \S{43} signs from (\S+?)(?:, ends (\S+))?\n?")


def test_keys_are_listed_and_rotated_one_at_a_time_unless_it_is_urgent(
    environment: dict[str, str], callers: Callers
) -> None:
    assert Settings.from_env(environment)
    assert callers.kit
    first = listed(environment)
    assert [(number, ends) for number, _, ends in first] == [("1", None)]
    rotated = run(environment, "keys", "rotate")
    assert (rotated.returncode, rotated.stdout[:17]) == (0, "Key 2 signs from ")
    (_, _, old_ends), (_, from_, new_ends) = listed(environment)
    assert old_ends is not None
    assert (from_ < old_ends, new_ends) == (True, None)
    again = run(environment, "keys", "rotate")
    assert again.returncode == 1
    assert "Key 2 waits to sign" in again.stderr
    urgent = run(environment, "keys", "rotate", "--now")
    assert urgent.returncode == 0, urgent.stderr
    assert [number for number, _, _ in listed(environment)] == ["1", "2", "3"]


def listed(environment: dict[str, str]) -> list[tuple[str, str, str | None]]:
    done = run(environment, "keys", "list")
    assert done.returncode == 0, done.stderr
    return [LINE.fullmatch(line).groups() for line in done.stdout.splitlines()]  # type: ignore[union-attr,misc]  # a line that is none fails
