"""A whole Netztreff as processes, started by the launcher behind `make run`."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
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


@dataclass(kw_only=True)
class Installation:
    """A folder and a range of ports; `process` is the launcher that runs there now."""

    folder: Path
    base: int
    kafka: str | None = None
    process: psutil.Popen = field(init=False)
    http: httpx.Client = field(
        default_factory=lambda: httpx.Client(timeout=30, trust_env=False), init=False
    )

    def start(self) -> None:
        """Return when it says that it runs."""
        self.output.unlink(missing_ok=True)
        own = {
            "VAR_FOLDER": str(self.folder),
            "PORT_BASE": str(self.base),
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka or "",
            "PYTHONPATH": "deploy",
        }
        with self.output.open("wb") as output:
            self.process = psutil.Popen(
                [sys.executable, "-m", "local"],
                cwd=CHECKOUT,
                env=os.environ | own,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        until(lambda: "Netztreff runs" in self.said() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()

    def end(self, how: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(how)
        code: int = self.process.wait(60)
        return code

    @property
    def output(self) -> Path:
        return self.folder.with_suffix(".out")

    def said(self) -> str:
        return self.output.read_text("utf-8")

    @property
    def run_file(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return content

    def api(self, service: str, role: str = "organiser") -> Api:
        """One service as somebody with this role meets it."""
        url = self.run_file["services"][service]["url"]
        return Api(self.http, url, lambda: self.run_file["tokens"][role])

    def parts(self) -> list[psutil.Process]:
        """Every process below the launcher."""
        children: list[psutil.Process] = self.process.children(recursive=True)
        return children

    def roles(self, service: str) -> Mapping[str, psutil.Process]:
        """The processes of a service by what they do: api-1, relay, consumer, worker."""
        parents = [part for part in self.process.children() if is_service(part, service)]
        return {child.name(): child for parent in parents for child in parent.children()}

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
