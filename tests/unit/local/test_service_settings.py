"""What a service's commands are told in a shell."""

import subprocess
from pathlib import Path

from local.credentials import Client, Credentials, load
from local.service_settings import migration_environment, write_environment
from local.settings import Settings

SHELLS_OWN = {"PWD", "OLDPWD", "SHLVL", "_"}
SERVER = "postgresql://admin:s%23'$x@127.0.0.1:5432/postgres"


def written(folder: Path) -> tuple[Settings, Credentials]:
    settings = Settings(folder=folder / "va r")
    credentials = load(folder / "credentials.json")
    credentials.clients["meetings"] = Client(client_id="c-1", client_secret="$HOME '\"`id`")
    write_environment("meetings", settings, SERVER, credentials)
    return settings, credentials


def test_a_shell_reads_the_settings_as_the_service_does(tmp_path: Path) -> None:
    settings, credentials = written(tmp_path)
    script = 'set -a; . "$0"; exec env -0'
    command = ["env", "-i", "sh", "-c", script, str(settings.environment_file("meetings"))]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    read = dict(line.partition("=")[::2] for line in told.split("\0") if line)
    meant = migration_environment("meetings", settings, SERVER, credentials)
    assert {name: meant.get(name) for name in read if name not in SHELLS_OWN} == {
        name: value for name, value in read.items() if name not in SHELLS_OWN
    }
    assert read["CLIENT_SECRET"] == "$HOME '\"`id`"
    assert {"DATABASE_URL", "MIGRATION_DATABASE_URL", "KEY_DATABASE_URL"} <= set(read)


def test_nobody_else_reads_the_settings(tmp_path: Path) -> None:
    settings, _ = written(tmp_path)
    assert settings.environment_file("meetings").stat().st_mode & 0o777 == 0o600
