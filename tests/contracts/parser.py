"""Runs AsyncAPI's own parser, which is a program for Node.js, installed once below .cache."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from local.settings import CHECKOUT

FILES = Path(__file__).parent / "asyncapi"
NAMES = ("package.json", "package-lock.json", "check.js")
CACHE = CHECKOUT / ".cache"
INSTALL = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def diagnostics(documents: Mapping[str, Any]) -> dict[str, list[str]]:
    """What the parser has to say of each document, down to hints."""
    done = subprocess.run(
        [program("node"), "check.js"],
        cwd=installed(),
        input=json.dumps(documents),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, list[str]] = json.loads(done.stdout)
    return said


def installed() -> Path:
    """The folder with the parser; another one as soon as a file of ours changes."""
    content = b"".join((FILES / name).read_bytes() for name in NAMES)
    folder = CACHE / f"asyncapi-{sha256(content).hexdigest()[:12]}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "asyncapi.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            install(folder)
    return folder


def install(folder: Path) -> None:
    """Whole or not at all."""
    begun = folder.with_suffix(".begun")
    shutil.rmtree(begun, ignore_errors=True)
    begun.mkdir()
    for name in NAMES:
        shutil.copy(FILES / name, begun)
    done = subprocess.run(
        [program("npm"), *INSTALL],
        cwd=begun,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"npm could not install AsyncAPI's parser: {done.stderr[-500:]}", pytrace=False)
    begun.rename(folder)


def program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(
            f"{name} is missing: AsyncAPI's parser needs Node.js 18 or newer with npm "
            "(Debian: apt-get install nodejs npm).",
            pytrace=False,
        )
    return found
