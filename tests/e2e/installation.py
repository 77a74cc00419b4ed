"""A whole Netztreff as processes, started by the launcher behind `make run`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import randrange
from typing import Any, TypeVar

import httpx
import psutil

from local.ports import is_free
from local.settings import CHECKOUT, Settings
from tests.e2e.api import Api

PATIENCE_SECONDS = 120
SERVICES = ("registry", "meetings", "notifications")
FOUND = TypeVar("FOUND")


@dataclass(frozen=True, kw_only=True)
class Launched:
    """A launcher that was started, and what it prints."""

    process: psutil.Popen
    output: Path

    def said(self) -> str:
        return self.output.read_text("utf-8")


def launch(folder: Path, base: int, **settings: str) -> Launched:
    """Start it; doesn't wait."""
    own = {"VAR_FOLDER": str(folder), "PORT_BASE": str(base), "PYTHONPATH": "deploy"}
    output = folder.with_suffix(f".{time.monotonic_ns()}.out")
    with output.open("wb") as file:
        process = psutil.Popen(
            [sys.executable, "-m", "local"],
            cwd=CHECKOUT,
            env=os.environ | own | settings,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    return Launched(process=process, output=output)


@dataclass(kw_only=True)
class Installation:
    """A folder and a range of ports; `launched` is what runs there now."""

    folder: Path
    base: int
    settings: Mapping[str, str] = field(default_factory=dict)
    launched: Launched = field(init=False)
    http: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=30, trust_env=False), init=False
    )

    def start(self) -> None:
        """Return when it says that it runs."""
        self.launched = launch(self.folder, self.base, **self.settings)
        until(lambda: "Netztreff runs" in self.said() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()

    @property
    def process(self) -> psutil.Popen:
        return self.launched.process

    def said(self) -> str:
        return self.launched.said()

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        code: int = self.process.wait(60)
        return code

    @property
    def run_file(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return content

    def api(self, service: str, role: str = "organiser") -> Api:
        """One service as somebody with this role meets it."""
        url = self.run_file["services"][service]["url"]
        return Api(self.http, url, lambda: self.run_file["tokens"][role])

    def command(self, service: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of a service beside the run, as `make cli` starts it."""
        script = f'set -a; . "$0"; set +a; exec "$1" -m {service} "${{@:2}}"'
        file = str(self.folder / f"{service}.env")
        return subprocess.run(
            ["bash", "-c", script, file, sys.executable, *arguments],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def parts(self) -> list[psutil.Process]:
        """Every process below the launcher."""
        children: list[psutil.Process] = self.process.children(recursive=True)
        return children

    def roles(self, service: str) -> Mapping[str, psutil.Process]:
        """The processes of a service by what they do: api-1, relay, consumer, worker."""
        parents = [part for part in self.process.children() if is_service(part, service)]
        found: dict[str, psutil.Process] = {}
        for child in (child for parent in parents for child in parent.children()):
            # One that ended since it was listed is nobody's process.
            with suppress(psutil.NoSuchProcess):
                found[child.name()] = child
        return found

    def metrics(self, service: str) -> str:
        answers = [self.http.get(url) for url in self.run_file["services"][service]["metrics"]]
        return "\n".join(answer.raise_for_status().text for answer in answers)


def is_service(part: psutil.Process, service: str) -> bool:
    return part.cmdline()[-3:] == ["-m", service, "all"]


def port_base() -> int:
    """The first port of a range that is free as a whole."""
    while True:
        base = randrange(20_000, 30_000)
        if all(map(is_free, Settings(port_base=base).ports())):
            return base


def until(condition: Callable[[], FOUND], seconds: float = PATIENCE_SECONDS) -> FOUND:
    """Wait until something is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"It did not come true in {seconds:.0f} s."
        time.sleep(0.1)
    return found
