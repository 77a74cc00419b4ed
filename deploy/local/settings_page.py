"""`python -m local.settings_page`: write docs/settings.md from what the services declare."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from eventkit.forms import REQUIRED, Declared
from eventkit.settings import Settings, declared
from local.settings import CHECKOUT
from meetings.settings import MeetingSettings
from notifications.settings import NotificationSettings

PAGE = CHECKOUT / "docs" / "settings.md"
SERVICES: Mapping[str, type[Settings]] = {
    "registry": Settings,
    "meetings": MeetingSettings,
    "notifications": NotificationSettings,
}
HEAD = """\
# Settings

Written by `make settings` from the code; do not edit.

Everything comes from the environment, and what is empty counts as not set. A process that starts
names every fault at once, each with the form that would be accepted and never with the value, and
ends with exit code 78: so does each command. `python -m SERVICE settings ROLE` only looks.

A setting with a file may stand in a file that `NAME_FILE` names, such as
`MASTER_KEY_FILE=/run/secrets/master_key`; only one of the two may be set. Secrets are never logged.

Where `MODE` is `production`, a start is refused with what is for development, without `PUBLIC_URL`,
with a password or client secret that is short or easily guessed, with keys that are not random, and
where `MASTER_KEY` and `CHAIN_KEY` are the same. Our images set it.
"""
COLUMNS = ("setting", "for", "form", "default", "file", "read by")


def page() -> str:
    """The whole reference: what all services read, then what one of them reads beside it."""
    shared = {one.name for _, one in declared(Settings)}
    parts = [HEAD, "## All services\n", _table(one for _, one in declared(Settings))]
    for service, kind in SERVICES.items():
        own = [one for _, one in declared(kind) if one.name not in shared]
        if own:
            parts += [f"## {service.capitalize()}\n", _table(own)]
    return "\n".join(parts)


def _table(settings: Iterator[Declared] | list[Declared]) -> str:
    rows = [COLUMNS, ("---",) * len(COLUMNS), *map(_row, settings)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(one: Declared) -> tuple[str, ...]:
    name = f"`{one.name}`" + (", secret" if one.secret else "")
    file = f"`{one.name}_FILE`" if one.secret or one.in_file else ""
    return name, one.about, one.form.says, _default(one.default), file, one.read_by


def _default(value: Any) -> str:
    """As it would be written in the environment."""
    if value is REQUIRED:
        return "**required**"
    if value is None or value == ():
        return ""
    return f"`{_written(value)}`"


def _written(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case (str(host), int(port)):
            return f"{host}:{port}"
        case (int(count), 60):
            return f"{count}/minute"
        case str() | int():
            return str(value)
    raise TypeError(f"no default is written as {value!r}")


def main() -> int:
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
