"""What the oracle says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

LOST, DOUBLED, INVENTED, REORDERED, BROKEN = (
    "lost",
    "doubled",
    "invented",
    "reordered",
    "broken",
)
KINDS = (LOST, DOUBLED, INVENTED, REORDERED, BROKEN)
# So many of one kind from one check are told one by one.
MOST = 20


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it must be; `where` is the check, `what` a sentence."""

    kind: str
    where: str
    what: str


def shortened(found: Iterable[Finding]) -> Iterator[Finding]:
    """At most MOST of a kind and a check in words."""
    counts: dict[tuple[str, str], int] = {}
    for one in found:
        which = one.kind, one.where
        counts[which] = counts.get(which, 0) + 1
        if counts[which] <= MOST:
            yield one
    for (kind, where), count in counts.items():
        if count > MOST:
            yield Finding(kind, where, f"… and {count - MOST} more")
