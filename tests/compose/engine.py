"""What the tests ask of Docker, in the words of its command line."""

import json
import subprocess
from typing import Any

from local.settings import CHECKOUT

NO_ENGINE = (
    "There is no Docker engine here, or it does not answer `docker info`; these tests are about "
    "containers and nothing else can stand in for it."
)
NO_COMPOSE = "`docker compose` is missing: version 2.24 or newer of the plugin is needed."


class Refused(Exception):
    """Docker said no; the text is its own."""


def docker(*arguments: str, seconds: float = 300) -> str:
    """What the command printed; raises Refused with what it complained of."""
    command = ["docker", *arguments]
    done = subprocess.run(
        command, cwd=CHECKOUT, capture_output=True, text=True, timeout=seconds, check=False
    )
    if done.returncode:
        raise Refused(f"`{' '.join(command)}` ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def check_engine() -> str:
    """Which engine and plugin answer, for people; raises Refused with what is missing."""
    try:
        engine = docker("info", "--format", "{{.ServerVersion}}").strip()
    except (OSError, Refused, subprocess.TimeoutExpired) as missing:
        raise Refused(NO_ENGINE) from missing
    try:
        plugin = docker("compose", "version", "--short").strip()
    except Refused as missing:
        raise Refused(NO_COMPOSE) from missing
    return f"Docker {engine}, compose {plugin}"


def inspect(kind: str, name: str) -> dict[str, Any]:
    (found,) = json.loads(docker(kind, "inspect", name))
    assert isinstance(found, dict)
    return found


def is_there(image: str) -> bool:
    """Whether the image is on this machine, or can be brought here."""
    try:
        docker("image", "inspect", image)
    except Refused:
        try:
            docker("pull", "--quiet", image, seconds=120)
        except (Refused, subprocess.TimeoutExpired):
            return False
    return True
