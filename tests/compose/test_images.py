"""What is in the images, and what is not."""

import json
import tomllib

import pytest

from local.settings import CHECKOUT, SERVICES
from tests.compose.composed import Composed
from tests.compose.engine import docker, inspect

pytestmark = pytest.mark.timeout(1800)
IMAGES = tuple(f"netztreff-{name}" for name in (*SERVICES, "mail"))
LARGEST = 80_000_000
# A compiler, an installer in our environment, and what tests with.
UNWANTED = ("gcc", "cc", "g++", "make", "/venv/bin/pip", "/venv/bin/pytest")
LIBRARIES = ("pytest", "mypy", "ruff", "hypothesis", "testcontainers", "pip", "flit_core")


@pytest.fixture(params=IMAGES)
def image(request: pytest.FixtureRequest, built: Composed) -> str:
    """Each image, after it was built."""
    assert built
    return str(request.param)


def layers(image: str) -> list[int]:
    """The bytes of our layers, which stand before those of the image that ours begins with."""
    base = inspect("image", "python:3.13-slim")["RootFS"]["Layers"]
    ours = inspect("image", image)["RootFS"]["Layers"]
    assert ours[: len(base)] == base
    lines = docker("history", "--no-trunc", "--human=false", "--format", "{{json .}}", image)
    sizes = [int(json.loads(line)["Size"]) for line in lines.splitlines()]
    kept = [size for size in sizes if size]
    return kept[: len(ours) - len(base)]


def test_our_layers_are_small(image: str) -> None:
    assert 500_000 < sum(layers(image)) <= LARGEST


def inside(image: str, script: str) -> str:
    return docker("run", "--rm", "--entrypoint", "sh", image, "-c", script).strip()


def test_it_runs_as_nobody_in_particular(image: str) -> None:
    assert inspect("image", image)["Config"]["User"] == "10001"
    assert inside(image, "id -u") == "10001"


def test_it_says_what_it_is(image: str) -> None:
    labels = inspect("image", image)["Config"]["Labels"]
    project = CHECKOUT / "services" / "registry" / "pyproject.toml"
    version = tomllib.loads(project.read_text("utf-8"))["project"]["version"]
    kept = {
        name.rpartition(".")[2]: text for name, text in labels.items() if "opencontainers" in name
    }
    assert (kept["title"], kept["version"], kept["licenses"]) == (image, version, "Apache-2.0")
    assert kept["description"]
    assert kept["revision"]


def test_it_says_whether_it_is_healthy(image: str) -> None:
    assert inspect("image", image)["Config"]["Healthcheck"]["Test"][0] == "CMD"


def test_there_is_nothing_to_build_or_test_with(image: str) -> None:
    looked_for = " ".join(UNWANTED)
    assert inside(image, f"for one in {looked_for}; do command -v $one; done; true") == ""
    names = " ".join(LIBRARIES)
    folder = "/venv/lib/python3.13/site-packages"
    assert (
        inside(image, f"cd {folder} && for one in {names}; do ls -d $one 2>/dev/null; done; true")
        == ""
    )
    left = "find /venv -type d \\( -name tests -o -name testing \\)"
    assert inside(image, left) == ""
    assert inside(image, "find /tmp /var/tmp -mindepth 1") == ""


def test_what_a_process_loads_has_its_bytecode(image: str) -> None:
    """The file system can't be written, so without it every start compiles anew."""
    modules = (
        "local.mail_catcher" if image == "netztreff-mail" else f"eventkit.run, {image[10:]}.app"
    )
    script = f"""
import os, sys, {modules}
files = {{str(getattr(one, "__file__", "")): one for one in sys.modules.values()}}
ours = [one for file, one in files.items() if file.startswith("/venv/") and file.endswith(".py")]
print([one for one in ours if not os.path.exists(one.__cached__)])
"""
    assert docker("run", "--rm", "--entrypoint", "python", image, "-c", script).strip() == "[]"


def test_a_service_refuses_to_run_without_its_settings(image: str) -> None:
    if image == "netztreff-mail":
        assert inspect("image", image)["Config"]["Cmd"][-1] == "0.0.0.0"  # noqa: S104 - within its container
        return
    script = f"python -m {image[10:]} api; echo $?"
    assert inside(image, script).splitlines()[-1] == "78"
