"""A proxy before two replicas of the sample service."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import maker
from tests.edge.site import Edge, open_edge


@pytest.fixture(scope="session")
def edge(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Shared by all tests of a run that leave it as it was."""
    with ExitStack() as ended:
        things = maker(postgres, ended)("things")
        yield ended.enter_context(open_edge(things, tmp_path_factory.mktemp("edge")))
