"""Docker Compose reads from .env what was meant."""

import json
from pathlib import Path

import pytest

from local.compose import Composition
from local.env_file import EnvFile, set_one, write_new
from local.settings import CHECKOUT
from tests.unit.local.test_env_file import NASTY


@pytest.mark.parametrize("value", [NASTY, "smtp://mail:8025", "Geschäftsstelle des Netzwerks"])
def test_a_container_is_given_a_setting_as_it_was_written(tmp_path: Path, value: str) -> None:
    env = EnvFile(tmp_path / ".env")
    write_new(env.path)
    set_one(env, "SMTP_URL", value)
    composition = Composition(env=env, files=(CHECKOUT / "docker-compose.yml",))
    read = json.loads(composition.run("config", "--format", "json"))
    given = read["services"]["notifications-worker"]["environment"]["SMTP_URL"]
    # It shows a $ as it would have to be written in a composition.
    assert given.replace("$$", "$") == value
