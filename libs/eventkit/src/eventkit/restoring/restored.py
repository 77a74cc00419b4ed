"""What follows a restore: how far the store still agrees with others, and another generation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from contracts.envelope import Message
from eventkit.consuming.incoming import Arrival
from eventkit.generations import Generation, Lineage
from eventkit.store import Connection

_IDS = "SELECT position, event_id FROM events WHERE position = ANY(%s)"
_HEAD = "SELECT coalesce(max(position), 0), (SELECT home <> tableoid FROM store_state) FROM events"
_LOCK = "SELECT generation FROM store_state FOR UPDATE"
_BEGIN = (
    "INSERT INTO generations (generation, parent, forked_at, started_at)"
    " VALUES (gen_random_uuid(), %s, %s, clock_timestamp()) RETURNING generation"
)
_STRANGE = (
    "INSERT INTO generations (generation, parent, forked_at, started_at)"
    " VALUES (%s, NULL, 0, clock_timestamp()) ON CONFLICT DO NOTHING"
)
_PRESENT = "UPDATE store_state SET generation = %s, suspect = NULL, home = tableoid"


class NotNow(Exception):
    """No generation can begin so; the text says why."""


@dataclass
class Compared:
    """The topic beside the store: what both have, what the store lost, and whose else it has."""

    agreed: set[int] = field(default_factory=set)
    lost: list[Message] = field(default_factory=list)
    strange: set[UUID] = field(default_factory=set)

    @property
    def differs_at(self) -> int | None:
        return min((one.position for one in self.lost), default=None)

    @property
    def common(self) -> int | None:
        """The highest position up to which nothing differs and that both have."""
        end = self.differs_at
        return max((one for one in self.agreed if end is None or one < end), default=None)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What speaks for a restore, and what for the fork: `proven` where somebody can prove it."""

    present: Generation
    suspicion: str | None
    head: int
    proven: int | None
    topic: Compared

    @property
    def is_restored(self) -> bool:
        return self.suspicion is not None or bool(self.topic.lost)

    def fork(self, wanted: int | None) -> int:
        """Where to fork: as wanted, else as proven, else where the present generation began.

        Too low a fork is safe: what stands above it is told again, and dropped by its ids. Raises
        NotNow for one that cannot be right.
        """
        lowest = self.present.forked_at
        if wanted is None:
            return max(lowest, lowest if self.proven is None else self.proven)
        if not lowest <= wanted <= self.head:
            raise NotNow(f"The fork must lie from {lowest} to {self.head}.")
        if (differs := self.topic.differs_at) is not None and wanted >= differs:
            raise NotNow(f"The topic has another event at position {differs}.")
        return wanted


def examine(raw: Connection, topic: Iterable[Sequence[Arrival]]) -> Evidence:
    """Compare the store with the pages of its topic, from the first to the last."""
    state = Lineage().look(raw)
    present = next(one for one in state.generations if one.id == state.generation)
    compared = Compared()
    known = {one.id for one in state.generations}
    for page in topic:
        _compare(raw, [one for one in page if isinstance(one, Message)], present.id, compared)
    compared.strange -= known
    (head, is_from_dump) = raw.execute(_HEAD).fetchall()[0]
    # The state that came with a dump lets nobody append, so the store is as it was dumped.
    proven = head if is_from_dump else compared.common
    return Evidence(
        present=present, suspicion=state.suspicion, head=head, proven=proven, topic=compared
    )


def begin(raw: Connection, evidence: Evidence, fork: int) -> UUID:
    """Begin another generation after this position; its id. Raises NotNow if somebody just did.

    The generation's id is random: no second restore of the same dump begins the same one.
    """
    with raw.transaction():
        if raw.execute(_LOCK).fetchall()[0][0] != evidence.present.id:
            raise NotNow("Another generation began a moment ago.")
        began: UUID = raw.execute(_BEGIN, (evidence.present.id, fork)).fetchall()[0][0]
        for one in evidence.topic.strange:
            raw.execute(_STRANGE, (one,))
        raw.execute(_PRESENT, (began,))
    return began


def _compare(raw: Connection, page: Sequence[Message], present: UUID, compared: Compared) -> None:
    mine = [one for one in page if one.generation == present]
    compared.strange |= {one.generation for one in page} - {present}
    ids: dict[int, UUID] = dict(raw.execute(_IDS, ([one.position for one in mine],)).fetchall())
    for one in mine:
        if ids.get(one.position) == one.id:
            compared.agreed.add(one.position)
        else:
            compared.lost.append(one)
