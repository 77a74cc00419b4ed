"""What the security suites share: they say how much they tried, for docs/security.md."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import maker
from tests.integration.eventkit.things import things
from tests.security import counts
from tests.security.site import Site, open_site

# Its fixture is for the tests here as well.
__all__ = ["things"]

Count = Callable[[str, int], None]
COUNTS = pytest.StashKey[dict[str, int]]()


@pytest.fixture(scope="session")
def count(request: pytest.FixtureRequest) -> Iterator[Count]:
    """Says how many were tried: `count("forged tokens", 64)`.

    Only numbers that are the same on every machine; they stand in docs/security.md. What is
    counted under one name several times in a run is added up.
    """
    found = request.config.stash[COUNTS] = {}

    def add(name: str, number: int) -> None:
        found[name] = found.get(name, 0) + number

    yield add
    counts.keep(found)


@pytest.fixture(scope="session")
def site(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Real servers of the three services, shared by all suites of a run."""
    with ExitStack() as made:
        folder = tmp_path_factory.mktemp("site")
        yield made.enter_context(open_site(maker(postgres, made), folder))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Prints the counts below the results."""
    for name, number in config.stash.get(COUNTS, {}).items():
        terminalreporter.write_line(f"{number:>8,}  {name}")
