"""What the tests of deploy/backup share."""

from pathlib import Path

import pytest

from tests.integration.local.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.file("registry", "journal").write_bytes(b"one\ntwo\nhal")
    return made
