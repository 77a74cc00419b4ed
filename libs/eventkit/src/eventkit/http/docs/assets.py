"""The files of the documentation's pages, under addresses that change with their content."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "assets"
TYPES: Final = ("text/javascript", "text/css")
# Only these are served, by name: no part of an address ever becomes part of a path.
NAMES: Final = frozenset(
    {"swagger-ui-bundle.js", "swagger-ui.css", "start.js", "pages.css", "docs.css"}
)


@cache
def version(name: str) -> str:
    """The digest that stands in the address of a file."""
    return blake2b(_content(name), digest_size=8).hexdigest()


def address(name: str) -> str:
    """The address of a file, relative to a page at the root."""
    return f"docs/assets/{version(name)}/{name}"


def read(digest: str, name: str) -> tuple[bytes, str] | None:
    """Content and type of a file; None where no such file is served, or not in this version."""
    if name not in NAMES or digest != version(name):
        return None
    script, style = TYPES
    return _content(name), style if name.endswith(".css") else script


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
