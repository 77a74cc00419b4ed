"""Words that stand nowhere else: what callers send, and where a word of it was found again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from secrets import token_hex

# Enough of the surroundings to see how a word came there.
AROUND = 60


@dataclass(kw_only=True)
class Canaries:
    """Makes words of three kinds; each word is its kind's stem and a number."""

    run: str = field(default_factory=lambda: token_hex(4))
    made: int = 0
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @property
    def plain(self) -> bytes:
        """What all words of no special kind start with."""
        return f"kanarie{self.run}w".encode()

    @property
    def personal(self) -> bytes:
        """What all words start with that identify a person."""
        return f"kanarie{self.run}p".encode()

    @property
    def secret(self) -> bytes:
        """What all words start with that stand where passwords and tokens are sent."""
        return f"kanarie{self.run}s".encode()

    @property
    def any(self) -> bytes:
        return f"kanarie{self.run}".encode()

    def word(self, stem: bytes | None = None) -> str:
        """A new one, plain unless told otherwise."""
        self.made += 1
        return f"{(stem or self.plain).decode()}{next(self._numbers)}"

    def address(self, stem: bytes | None = None) -> str:
        return f"{self.word(stem or self.personal)}@example.org"


def found(text: bytes, words: Iterable[bytes]) -> list[str]:
    """Every place where one of the words stands, in whatever case."""
    lowered = text.lower()
    return [
        text[max(0, place - AROUND) : place + len(word) + AROUND].decode("utf-8", "replace")
        for word in words
        for place in _places(lowered, word.lower())
    ]


def _places(text: bytes, word: bytes) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def in_files(folder: Path, words: Iterable[bytes]) -> dict[str, list[str]]:
    """The same for every file below a folder, by its path; those without a word are left out."""
    wanted, hits = list(words), dict[str, list[str]]()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        # A server that runs takes some of its files away.
        with suppress(FileNotFoundError):
            if places := found(file.read_bytes(), wanted):
                hits[str(file.relative_to(folder))] = places
    return hits


def in_processes(pids: Iterable[int], part: str, words: Iterable[bytes]) -> dict[int, list[str]]:
    """The same for `cmdline` or `environ` of processes, as the kernel shows them."""
    wanted, hits = list(words), dict[int, list[str]]()
    for pid in pids:
        if places := found(Path(f"/proc/{pid}/{part}").read_bytes(), wanted):
            hits[pid] = places
    return hits


def secrets_in(content: object) -> set[str]:
    """Every long text in a file of credentials, however deep."""
    match content:
        case str() if len(content) >= 16:
            return {content}
        case Mapping():
            return set().union(*map(secrets_in, content.values())) if content else set()
        case list() | tuple():
            return set().union(*map(secrets_in, content)) if content else set()
    return set()
