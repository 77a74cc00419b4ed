"""The file that Docker Compose takes its settings and secrets from: .env, after .env.example."""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes, token_hex

from local.credentials import write_private
from local.settings import CHECKOUT

EXAMPLE = CHECKOUT / ".env.example"
PASSWORD = re.compile(r"^(\w+_PASSWORD)=$", re.MULTILINE)
KEY = re.compile(r"^(\w+_KEY)=$", re.MULTILINE)


@dataclass(frozen=True)
class EnvFile:
    """Lines of NAME=value, read anew at each question; comments stay where they are."""

    path: Path

    def get(self, name: str) -> str | None:
        """None where it is missing or empty; of several lines the last counts, as for Compose."""
        found = [line for line in self._lines() if line.startswith(f"{name}=")]
        return found[-1].partition("=")[2] or None if found else None

    def change(self, values: Mapping[str, str]) -> None:
        """All of them in one step, in place of the lines that name them."""
        kept = [line for line in self._lines() if line.partition("=")[0] not in values]
        place = next(
            (n for n, line in enumerate(self._lines()) if line.partition("=")[0] in values),
            len(kept),
        )
        added = [f"{name}={value}" for name, value in values.items()]
        write_private(self.path, "\n".join([*kept[:place], *added, *kept[place:]]) + "\n")

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()


def write_new(path: Path) -> None:
    """A copy of the example with a random secret wherever it leaves one empty."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = PASSWORD.sub(lambda found: f"{found[1]}={token_hex(16)}", text)
    text = KEY.sub(lambda found: f"{found[1]}={_key()}", text)
    write_private(path, text)


def _key() -> str:
    return b64encode(token_bytes(32)).decode("ascii")
