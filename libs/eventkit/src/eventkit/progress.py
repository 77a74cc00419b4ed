"""How far a long command is: a bar for who watches a terminal, else a line every few seconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import click

from eventkit.rebuild import Progress

EVERY_SECONDS = 5.0


@contextmanager
def shown(label: str, *, err: bool = False) -> Iterator[Progress]:
    """Shows the position reached, and the one to reach, on standard output or error."""
    file = sys.stderr if err else sys.stdout
    if file.isatty():
        with click.progressbar(length=1, label=label, file=file) as bar:
            yield _Bar(bar)
    else:
        yield _Lines(label, err)


class _Bar:
    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def __call__(self, done: int, of: int) -> None:
        self._bar.length = max(of, 1)
        self._bar.update(done - self._bar.pos)


class _Lines:
    def __init__(self, label: str, err: bool) -> None:
        self._label, self._err = label, err
        self._told = monotonic()

    def __call__(self, done: int, of: int) -> None:
        if monotonic() - self._told >= EVERY_SECONDS:
            self._told = monotonic()
            click.echo(f"{self._label}: position {done} of {of}", err=self._err)
