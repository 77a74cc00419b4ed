"""How `make rolling` exchanges a container."""

from pathlib import Path

import pytest

from local.compose import Composition
from local.env_file import EnvFile
from local.rolling import Container


def test_an_exchanged_container_is_what_up_would_have_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(Composition, "run", lambda _composition, *words: asked.append(words))
    composition = Composition(env=EnvFile(tmp_path / ".env"))
    Container(name="registry-api", composition=composition).exchange()
    [gone, made, started] = asked
    assert gone[0] == "rm"
    # Compose counts whom a container waits for as part of it: made without, a later `up` would
    # exchange it again.
    assert made[0] == "create"
    assert "--no-deps" not in made
    # And whom it waits for is neither made anew nor run again.
    assert started[0] == "up"
    assert {"--no-deps", "--no-recreate"} <= set(started)
    assert "--no-recreate" in made
