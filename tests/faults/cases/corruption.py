"""One digit of one stored event is another one."""

from __future__ import annotations

import re
from typing import ClassVar

from local.settings import SERVICES
from tests.faults.case import Case, Run
from tests.faults.dump import connected
from tests.faults.oracle.findings import BROKEN

# Long published and followed by others, so that nothing but `verify` looks at it again.
_OLD = (
    "SELECT stream, version, data::text FROM events"
    " WHERE position <= (SELECT coalesce(min(position), 0) FROM relays)"
    " AND data::text ~ '[0-9a-f-][0-9]' ORDER BY position LIMIT 200"
)
_CHANGE = "UPDATE events SET data = %s::json WHERE stream = %s AND version = %s"
_DIGIT = re.compile(r"(?<=[0-9a-f-])[0-9]")


class FlippedDigit(Case):
    """`verify` names the event, and is content again when it is as it was."""

    id: ClassVar[str] = "F27"
    title: ClassVar[str] = "a stored event is changed behind everybody's back"
    seconds: ClassVar[float] = 15

    def run(self, run: Run) -> None:
        service = run.chance.choice(SERVICES)
        with connected(run.site, service) as connection:
            connection.autocommit = True
            found = connection.execute(_OLD).fetchall()
            if not found:
                return
            stream, version, data = run.chance.choice(found)
            run.injected("a digit of a stored event changed", stream=stream, version=version)
            connection.execute(_CHANGE, (flipped(run, data), stream, version))
            try:
                verified = run.site.command(service, "verify")
            finally:
                connection.execute(_CHANGE, (data, stream, version))
        named = f"{stream} version {version}"
        if verified.returncode == 0 or named not in verified.stdout:
            told = verified.stdout[-500:]
            run.found(BROKEN, "F27", f"{service} verify does not name {named}: {told}")


def flipped(run: Run, data: str) -> str:
    place = run.chance.choice([match.start() for match in _DIGIT.finditer(data)])
    return f"{data[:place]}{(int(data[place]) + 1) % 10}{data[place + 1 :]}"
