"""One process believes that it is another time; nobody's clock but its own is changed."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from local.settings import SERVICES
from tests.faults.case import Case, Run
from tests.faults.site import ROLES

# In Debian's package faketime.
LIBRARIES = ("/usr/lib", "/usr/lib64", "/usr/local/lib")
# An api must know by its clock which tokens are good, within a minute.
SHIFTS = {"api": ("+40s", "-40s")}
FAR = ("+2h", "-2h", "+26h", "-26h")


class ClockSkew(Case):
    """Order comes from positions and versions, leases from the database's clock."""

    id: ClassVar[str] = "F15"
    title: ClassVar[str] = "one process has a wrong clock"
    seconds: ClassVar[float] = 30

    def run(self, run: Run) -> None:
        library = found()
        if library is None:
            run.injected("wrong clock: NOT RUN, there is no libfaketime")
            return
        service = run.chance.choice(SERVICES)
        role = run.chance.choice(ROLES[service])
        shift = run.chance.choice(SHIFTS.get(role, FAR))
        part = run.site.parts[f"{service}-{role}"]
        run.injected("wrong clock of one process", part=part.name, shift=shift)
        part.restart(
            LD_PRELOAD=str(library),
            FAKETIME=shift,
            # Waits go by the monotonic clock, which no operator can set.
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        )
        run.site.until(part.ready, seconds=60)
        run.site.sleep(run.chance.uniform(8, 15))
        part.restart()
        run.site.until(part.ready, seconds=60)


def found() -> Path | None:
    """The library that tells a process the wrong time."""
    for folder in LIBRARIES:
        for path in sorted(Path(folder).glob("**/faketime/libfaketimeMT.so.1")):
            return path
    return None
