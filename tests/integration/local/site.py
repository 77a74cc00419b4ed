"""An installation's files beside its backups, and the commands of deploy/backup on them."""

import os
import subprocess
from pathlib import Path

from local.settings import CHECKOUT

OWNERS = ("registry", "meetings")
SERVICES = (*OWNERS, "notifications")
SYNC = """#!/bin/sh
for path; do echo "$path" >> {folder}/synced; done
"""
# Notes where it was called and with what, and runs a service's shell here.
DOCKER = """#!/bin/bash
echo "$PWD: $*" >> {folder}/called
set -a; . "{folder}/${{8%-worker}}.env"; exec sh -c "${{10}}"
"""


class Site:
    """An installation's files, and where they are copied to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.copies = folder / "var", folder / "copies"
        self.folder.mkdir()
        self.copies.mkdir()
        for service in SERVICES:
            names = {"HEADS_EXPORT": "heads", "ERASURE_JOURNAL": "journal"}
            lines = [f"{name}={self.file(service, what)}\n" for name, what in names.items()]
            (self.folder / f"{service}.env").write_text("".join(lines), "utf-8")

    def tool(self, name: str, content: str) -> str:
        """Put a command in front of all others; how PATH reads then."""
        path = self.folder / "tools" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content.format(folder=self.folder), "utf-8")
        path.chmod(0o755)
        return f"{path.parent}:{os.environ['PATH']}"

    def file(self, service: str, what: str) -> Path:
        return self.folder / f"{service}.{what}"

    def start(self, name: str, *arguments: str | Path, **settings: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [CHECKOUT / "deploy" / "backup" / name, *arguments],
            cwd=self.folder,
            env=os.environ | {"NETZTREFF_SETTINGS": str(self.folder)} | settings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(
        self, name: str, *arguments: str | Path, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        started = self.start(name, *arguments, **settings)
        stdout, stderr = started.communicate(timeout=60)
        return subprocess.CompletedProcess(arguments, started.returncode, stdout, stderr)

    def copy(self) -> list[Path]:
        """Copy the witnesses; the copies of the registry's journal, oldest first."""
        ended = self.run("backup", "witnesses", self.copies)
        assert ended.returncode == 0, ended.stderr
        return self.copies_of()

    def copies_of(self, what: str = "journal") -> list[Path]:
        return sorted(self.copies.glob(f"registry.{what}.*Z"))
