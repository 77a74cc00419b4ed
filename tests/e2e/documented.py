"""Runs what the documentation tells people to run: its code blocks, in order, as one program."""

import os
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from local.ports import LOOPBACK
from local.settings import CHECKOUT
from tests.e2e.installation import Installation

BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS = 120


def blocks(page: str, language: str) -> str:
    """All code of one language on a page of docs/."""
    text = (CHECKOUT / "docs" / page).read_text("utf-8")
    return "\n".join(
        found["code"] for found in BLOCK.finditer(text) if found["language"] == language
    )


def placed(code: str, installation: Installation, receiver: int) -> str:
    """The code with the installation's ports and folder in place of those of `make run`."""
    code = code.replace("var/run.json", str(installation.folder / "run.json"))
    code = re.sub(r"(?<=:)84(\d\d)\b", lambda port: str(installation.base + int(port[1])), code)
    return re.sub(r"\b9000\b", str(receiver), code)


def run(command: list[str], code: str, folder: Path) -> str:
    """What the code printed; fails with everything that it said. Ends what it left running."""
    printed = folder / "printed"
    with printed.open("w+", encoding="utf-8") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=CHECKOUT,
            text=True,
            start_new_session=True,
            env={"PATH": os.defpath, "NO_PROXY": LOOPBACK},
        )
        try:
            process.communicate(code, timeout=SECONDS)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
    said = printed.read_text("utf-8")
    assert process.returncode == 0, said
    return said
