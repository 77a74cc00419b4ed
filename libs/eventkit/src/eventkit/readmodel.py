"""Read models: tables whose rows are folded from events, each row from exactly one stream."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from eventkit.recorded import Recorded

Key = tuple[Any, ...]
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ReadModel:
    """A table that people read, and the two pure functions that keep it.

    `keys` names the primary keys of the rows that an event touches; `change` folds the event into
    one of them (None: the row goes). The table has a column `stream_version`, which the kit sets.
    A row is fed by one stream, so the stream's own version check makes every row change safe.
    The same functions serve the append's transaction, the consumer's and the rebuild.

    `needs_place` says that `change` reads `position` or `recorded_at`, which are known only after
    the append; without it, the first event of a stream and its rows are one statement.
    """

    name: str
    table: sa.Table
    keys: Callable[[Recorded[Any]], Iterable[Key]]
    change: Callable[[Key, Row | None, Recorded[Any]], Row | None]
    needs_place: bool = False
