"""Somebody comes by at every crash point of the list."""

from eventkit.crash_points import POINTS
from tests.faults.cases.points import REBUILD, ROLES

# Erasures have a case of their own.
ELSEWHERE = {"eraser"}


def test_every_point_has_somebody_who_dies_there() -> None:
    words = {point.partition(".")[0] for point in POINTS}
    assert words == {*ROLES, REBUILD.partition(".")[0], *ELSEWHERE}
