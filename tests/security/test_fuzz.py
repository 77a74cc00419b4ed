"""schemathesis finds nothing: whatever it makes up, answers are as the document says."""

from collections.abc import Iterator

import pytest

from tests.e2e.installation import SERVICES
from tests.security.conftest import Count
from tests.security.fuzz import ROLES, Fuzzed, fuzzed

# `make fuzz` tries twenty times as many. A number of cases and no time: the same everywhere.
CASES = 1000


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    with fuzzed(tmp_path_factory.mktemp("fuzz")) as ready:
        yield ready


@pytest.mark.parametrize("service", SERVICES)
def test_what_schemathesis_makes_up_is_answered_as_documented(
    ready: Fuzzed, service: str, count: Count
) -> None:
    cases = 0
    failures: dict[tuple[str, ...], str] = {}
    for role in ROLES:
        # Everybody's edges are the same; the organiser gets furthest behind them.
        tally = ready.run(service, role, cases=CASES // len(ROLES), coverage=role == "organiser")
        cases += tally.cases
        failures |= {(role, *name): shown for name, shown in tally.failures.items()}
        assert tally.statuses[200] > CASES // 100, f"{role} reached little: {tally.classes}"
        assert not tally.statuses[429], "The limits hide what stands behind them."
    assert failures == {}
    assert cases >= CASES
    count("cases of schemathesis in CI, at least", CASES)
