"""Backups of containers, and a restore into them; last of all, for it sets a service back."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from local.settings import CHECKOUT, SERVICES
from tests.compose.composed import Composed

pytestmark = pytest.mark.timeout(1800)
SCRIPTS = CHECKOUT / "deploy" / "backup"


def script(composed: Composed, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """As an administrator of this project types it."""
    composition = composed.composition
    assert composition.project is not None
    own = {
        "COMPOSE_FILE": ":".join(map(str, composition.files)),
        "COMPOSE_PROJECT_NAME": composition.project,
        "COMPOSE_ENV_FILES": str(composition.env.path),
    }
    return subprocess.run(
        [str(SCRIPTS / name), *arguments],
        env=os.environ | own,
        cwd=CHECKOUT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


@pytest.fixture(scope="module")
def backups(composed: Composed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder a kind, each with what the example network left."""
    folder = tmp_path_factory.mktemp("backups")
    for kind in ("events", "keys", "witnesses"):
        ended = script(composed, "backup", kind, str(folder / kind))
        assert ended.returncode == 0, ended.stderr
    return folder


def kept(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix != ".info")


def test_every_service_is_backed_up_and_nothing_of_it_says_a_secret(
    composed: Composed, backups: Path
) -> None:
    for kind in ("events", "keys"):
        assert [path.name.split(".")[0] for path in kept(backups / kind)] == sorted(SERVICES)
    heads = [path for path in kept(backups / "witnesses") if ".heads." in path.name]
    assert len(heads) == len(SERVICES)
    assert any(path.stat().st_size for path in heads)
    for path in kept(backups / "events"):
        info = path.with_name(f"{path.name}.info").read_text("utf-8")
        assert int(re.findall(r"position=(\d+)", info)[0]) > 0
    password = composed.composition.env.get("REGISTRY_OWNER_PASSWORD")
    assert password
    assert not any(password.encode() in path.read_bytes() for path in backups.rglob("*.info"))


def test_what_was_backed_up_fits_together(composed: Composed, backups: Path) -> None:
    folders = [backups / kind for kind in ("events", "keys", "witnesses")]
    told = script(composed, "newest", *map(str, folders))
    assert (told.returncode, told.stderr) == (0, "")
    every = {str(path) for folder in folders for path in kept(folder)}
    assert set(told.stdout.splitlines()) == every


def test_what_is_there_is_not_replaced_unless_somebody_says_so(
    composed: Composed, backups: Path
) -> None:
    file = kept(backups / "events")[0]
    refused = script(composed, "restore", str(file))
    assert refused.returncode == 1
    assert "are not empty" in refused.stderr


def test_a_witness_that_is_there_already_stays_as_it_is(composed: Composed, backups: Path) -> None:
    files = kept(backups / "witnesses")
    restored = script(composed, "restore", *map(str, files))
    assert restored.returncode == 0, restored.stderr
    assert restored.stdout.count("already.") == len(files)


def test_a_restored_service_takes_part_again(composed: Composed, backups: Path) -> None:
    (file,) = (path for path in kept(backups / "events") if path.name.startswith("notifications"))
    restored = script(composed, "restore", "--replace", str(file))
    assert restored.returncode == 0, restored.stderr
    owner = ("run", "--rm", "-T", "notifications-migrate", "notifications")
    assert composed.compose(*owner, "store-restored").startswith("generation\t")
    assert composed.compose(*owner, "verify").endswith(" 0 faults.\n")
