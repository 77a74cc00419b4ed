"""`make run` as a person and a script meet it: what it says, whom it lets in, what it refuses."""

import os
import subprocess
from pathlib import Path

import httpx
import pytest

from local.settings import CHECKOUT
from tests.e2e.conftest import FEED
from tests.e2e.installation import PATIENCE_SECONDS, Installation, launch, port_base

ONCE = pytest.mark.parametrize("installation", [FEED], indirect=True)


@ONCE
def test_a_token_of_the_run_file_opens_the_service_of_the_run_file(
    installation: Installation,
) -> None:
    file = installation.run_file
    url = f"{file['services']['registry']['url']}/v1/municipalities"
    headers = {"Authorization": f"Bearer {file['tokens']['organiser']}"}
    assert httpx.get(url, headers=headers).status_code == 200
    assert httpx.get(url).status_code == 401


@ONCE
def test_secrets_and_tokens_are_for_their_owner_only(installation: Installation) -> None:
    private = ["run.json", "registry.env", "secrets/credentials.json", "secrets/webhooks"]
    modes = {(installation.folder / name).stat().st_mode & 0o777 for name in private}
    assert modes == {0o600}


@ONCE
def test_a_command_of_a_service_runs_beside_it(installation: Installation) -> None:
    given = os.environ | {"VAR_FOLDER": str(installation.folder)}
    arguments = "ARGS=registry import examples/gv100ad_example.txt"
    command = ["make", "--silent", "--old-file=.venv/.ready", "cli", arguments]
    done = subprocess.run(
        command, cwd=CHECKOUT, env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Municipalities: 0 new, 0 changed" in done.stdout


@ONCE
def test_the_output_names_every_service_and_gives_a_token_for_every_role(
    installation: Installation,
) -> None:
    said = installation.said()
    for service in installation.run_file["services"].values():
        assert service["url"] in said
    for role in ("organiser", "steering_group", "municipality", "district", "moderator"):
        assert f"  {role} " in said


@ONCE
def test_a_second_run_on_the_same_data_is_refused_in_one_sentence(
    installation: Installation,
) -> None:
    second = launch(installation.folder, installation.base)
    assert second.process.wait(60) == 1
    running = installation.process.pid
    assert second.said().strip() == f"Netztreff runs already, as process {running}."


@ONCE
def test_a_port_in_use_is_named_in_one_sentence(installation: Installation, tmp_path: Path) -> None:
    base = installation.base
    other = launch(tmp_path / "var", base)
    assert other.process.wait(60) == 1
    assert f"Port {base + 1} (registry) is in use" in other.said()
    assert "Traceback" not in other.said()


def test_a_broken_setting_of_a_service_is_named_and_ends_with_78(tmp_path: Path) -> None:
    broken = launch(tmp_path / "var", port_base(), LOG_LEVEL="loud")
    assert broken.process.wait(PATIENCE_SECONDS) == 78
    assert "LOG_LEVEL" in broken.said()
    assert "Traceback" not in broken.said()


@pytest.mark.parametrize("port", ["eighty", "80", "65000"])
def test_a_broken_setting_of_the_run_itself_is_one_sentence(tmp_path: Path, port: str) -> None:
    broken = launch(tmp_path / "var", port_base(), PORT_BASE=port)
    assert broken.process.wait(PATIENCE_SECONDS) == 78
    assert broken.said().strip() == f"PORT_BASE must be a number from 1024 to 64000, not '{port}'."


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "var"
    broken = launch(tmp_path / "var", port_base(), VAR_FOLDER=str(folder))
    assert broken.process.wait(PATIENCE_SECONDS) == 1
    assert broken.said().strip() == f"{folder}: Not a directory."
