"""What a role refuses to start with, because waiting would mend nothing."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from eventkit.growing import HEADS_MODE, JOURNAL_MODE, opened
from eventkit.settings import Settings


class CannotStart(Exception):
    """One sentence for the administrator: what is wrong, and what to do."""


def refuse_unwritable(settings: Settings, *, journal: bool, heads: bool) -> None:
    """Raise CannotStart where a file that only grows cannot be appended to; makes a missing one."""
    wanted = {
        "ERASURE_JOURNAL": (journal, settings.erasure_journal, JOURNAL_MODE),
        "HEADS_EXPORT": (heads, settings.heads_export, HEADS_MODE),
    }
    for name, (is_kept, path, mode) in wanted.items():
        if is_kept and path is not None:
            try:
                with opened(Path(path), mode):
                    continue
            except OSError as error:
                raise CannotStart(f"{name} {path} cannot be written: {error.strerror}.") from error


def newer_database(name: str, revisions: Collection[str]) -> CannotStart:
    """Why a process does not start beside what it may not understand."""
    return CannotStart(
        f"The {name} was migrated by a newer release ({', '.join(sorted(revisions))}); start that"
        " one, or set ALLOW_NEWER_DATABASE to go back to the release right before it."
    )
