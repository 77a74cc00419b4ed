"""When a process waits for a migration, and when it runs beside newer software."""

import pytest

from eventkit.migrate import Revisions

OURS = Revisions(heads=frozenset({"kit_0003", "things_0002"}), older=frozenset({"kit_0002"}))


@pytest.mark.parametrize(
    ("found", "waits"),
    [
        ({"kit_0003", "things_0002"}, False),
        ({"kit_0002", "things_0002"}, True),
        ({"kit_0003"}, True),
        (set(), True),
        # A later release has migrated, and this one serves until its turn to end.
        ({"kit_0009", "things_0002"}, False),
        ({"kit_0009", "things_0009"}, False),
        # That release, broken off between its branches.
        ({"kit_0002", "things_0009"}, True),
    ],
)
def test_only_a_database_that_is_behind_is_waited_for(found: set[str], waits: bool) -> None:
    assert OURS.wait_for(found) == waits
