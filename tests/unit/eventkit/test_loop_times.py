"""What operators are told of a loop: when it last worked, and not when it last tried."""

import signal
from collections.abc import Iterator
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from eventkit.database import Unavailable
from eventkit.loops import Loop, Loops


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """Loops take SIGTERM for themselves."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def told_at_steps(*outcomes: Exception | None) -> list[float]:
    """What was told of a loop as each of its steps began; a step raises, or goes well."""
    name, told = f"loop-{uuid4()}", list[float]()

    def step() -> bool:
        told.append(
            REGISTRY.get_sample_value("loop_success_timestamp_seconds", {"loop": name}) or 0
        )
        if len(told) > len(outcomes):
            loops.stop()
            return True
        if outcome := outcomes[len(told) - 1]:
            raise outcome
        return True

    loops = Loops([Loop(name, step)])
    loops.run()
    return told


def test_each_step_that_goes_well_is_told() -> None:
    told = told_at_steps(None, None)
    assert 0 < told[0] < told[1] < told[2]


def test_a_loop_that_waits_for_what_is_away_stands_still() -> None:
    told = told_at_steps(None, Unavailable())
    assert told[0] < told[1] == told[2]
