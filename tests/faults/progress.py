"""One line that says how far a run is."""

from __future__ import annotations

import shutil
import sys
import time

from tests.faults.book import Book
from tests.faults.stage import Stage

# Where nobody looks at a terminal, a line now and then is enough.
TERMINAL_SECONDS, FILE_SECONDS = 0.5, 30.0


class Progress:
    """Writes to the terminal in place, to a file line by line."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._doing = ""
        self._told = 0.0
        self._line = 0

    def tell(self, doing: str) -> None:
        """What happens now."""
        self._doing = doing
        if sys.stdout.isatty():
            self._show("")

    def tick(self, stage: Stage) -> None:
        """Show the line where it is time for that."""
        every = TERMINAL_SECONDS if sys.stdout.isatty() else FILE_SECONDS
        if time.monotonic() - self._told >= every:
            counts = stage.load.counts
            states = counts.states
            told = f"{sum(states.values())} operations, {counts.unknown} unanswered"
            self._show(f"  {told}  {stage.site.restarts} restarts")

    def _show(self, more: str) -> None:
        self._told = time.monotonic()
        seconds = int(time.time() - self._book.started)
        faults = sum(self._book.faults.values())
        found = len(self._book.findings)
        line = f"  {seconds // 60:3d}:{seconds % 60:02d}  {faults} faults  {found} findings{more}"
        line += f"  {self._doing}"
        if sys.stdout.isatty():
            width = shutil.get_terminal_size().columns - 1
            print(f"\r{line[:width]:<{width}}", end="", flush=True)
        else:
            print(line, flush=True)
