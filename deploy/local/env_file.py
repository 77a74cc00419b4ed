"""The file that Docker Compose takes its settings and secrets from: .env, after .env.example.

`python -m local.env_file NAME VALUE` sets one of them, whatever signs the value has. Where it is a
URL with a user, --password asks for the password, so that no list of processes shows it.
"""

import argparse
import os
import re
import sys
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from getpass import getpass
from pathlib import Path
from secrets import token_bytes, token_hex
from urllib.parse import quote

from local.credentials import write_private
from local.processes import StartFailed
from local.settings import CHECKOUT

EXAMPLE = CHECKOUT / ".env.example"
PASSWORD = re.compile(r"^(\w+_PASSWORD)=$", re.MULTILINE)
KEY = re.compile(r"^(\w+_KEY)=$", re.MULTILINE)
# What Compose takes as it stands; of all else it might make something, unless it is quoted.
PLAIN = re.compile(r"[\w.,:;/@+%=-]*", re.ASCII)


@dataclass(frozen=True)
class EnvFile:
    """Lines of NAME=value, read anew at each question; comments stay where they are."""

    path: Path

    def get(self, name: str) -> str | None:
        """None where it is missing or empty; of several lines the last counts, as for Compose."""
        found = [line for line in self._lines() if line.startswith(f"{name}=")]
        return _unquoted(found[-1].partition("=")[2]) or None if found else None

    def change(self, values: Mapping[str, str]) -> None:
        """All of them in one step, in place of the lines that name them.

        A line that shows a default, #NAME=, is one of these. Raises StartFailed for what cannot
        stand there.
        """
        added = [f"{name}={_quoted(value)}" for name, value in values.items()]
        kept = [line for line in self._lines() if _name(line) not in values]
        place = next(
            (n for n, line in enumerate(self._lines()) if _name(line) in values),
            len(kept),
        )
        write_private(self.path, "\n".join([*kept[:place], *added, *kept[place:]]) + "\n")

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines()


def _name(line: str) -> str:
    return line.removeprefix("#").partition("=")[0]


def _quoted(value: str) -> str:
    """In single quotes Compose puts nothing in place of a $, and knows no sign but the quote."""
    if PLAIN.fullmatch(value):
        return value
    if "'" in value or not value.isprintable():
        raise StartFailed("A single quote or a line break cannot stand in a value of .env.")
    return f"'{value}'"


def _unquoted(text: str) -> str:
    return text[1:-1] if re.fullmatch("'[^']*'", text) else text


def write_new(path: Path) -> None:
    """A copy of the example with a random secret wherever it leaves one empty."""
    text = EXAMPLE.read_text(encoding="utf-8")
    text = PASSWORD.sub(lambda found: f"{found[1]}={token_hex(16)}", text)
    text = KEY.sub(lambda found: f"{found[1]}={_key()}", text)
    write_private(path, text)


def set_one(env: EnvFile, name: str, value: str) -> None:
    """Raises StartFailed for a name that the example does not have and Compose does not know."""
    known = {_name(line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()}
    if name not in known and not name.startswith("COMPOSE_"):
        raise StartFailed(f"{name} is no setting of .env.example.")
    env.change({name: value})


def with_password(url: str, password: str) -> str:
    """The URL with the password of its user, percent-encoded; raises StartFailed without either."""
    scheme, _, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    if not at or not user or ":" in user or not password:
        raise StartFailed(
            "--password wants a URL with a user and no password, and then the password."
        )
    return f"{scheme}://{user}:{quote(password, safe='')}@{host}"


def _asked() -> str:
    return getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _key() -> str:
    return b64encode(token_bytes(32)).decode("ascii")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.env_file", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("value")
    parser.add_argument("--password", action="store_true", help="ask for the password of the URL")
    given = parser.parse_args()
    try:
        value = with_password(given.value, _asked()) if given.password else given.value
        set_one(EnvFile(CHECKOUT / ".env"), given.name, value)
    except (StartFailed, OSError) as failure:
        print(failure, file=sys.stderr)
        return 1
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
