"""One composition for all tests of this folder, gone when they are done."""

from collections.abc import Callable, Iterator

import pytest

from tests.compose.composed import Composed
from tests.compose.engine import Refused, check_engine
from tests.compose.network import load_example
from tests.conftest import terminal

RAN = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    return terminal(request.config)


@pytest.fixture(scope="session")
def ran(request: pytest.FixtureRequest) -> list[str]:
    """What is said at the end about what was run."""
    return request.config.stash.setdefault(RAN, [])


@pytest.fixture(scope="session", autouse=True)
def engine(ran: list[str]) -> None:
    """Nothing here can be tested without one."""
    try:
        ran.append(check_engine())
    except Refused as missing:
        pytest.exit(str(missing), returncode=1)


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, tell: Callable[[str], None], ran: list[str]
) -> Composed:
    """The images of this checkout; nothing runs yet."""
    made = Composed(folder=tmp_path_factory.mktemp("composed"), tell=tell, ran=ran)
    made.build()
    return made


@pytest.fixture(scope="session")
def composed(built: Composed) -> Iterator[Composed]:
    """Everything, healthy, with the example network in it."""
    try:
        built.start()
        built.step("loaded the example network", lambda: load_example(built))
        yield built
    finally:
        built.end()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Says what was really run, and what was not."""
    for line in config.stash.get(RAN, []):
        terminalreporter.write_line(f"compose: {line}")
