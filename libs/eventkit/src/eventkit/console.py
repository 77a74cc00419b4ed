"""What a command works with: the service, its settings, and a kit when it wants one."""

from __future__ import annotations

import os
from functools import cached_property

from eventkit import crash_points
from eventkit.forms import Declared
from eventkit.kits import open_kit
from eventkit.service import Service
from eventkit.settings import Settings
from eventkit.unit import Kit


class Console:
    """The object of every command: `@click.pass_obj def bootstrap(console: Console)`."""

    def __init__(self, service: Service) -> None:
        self.service = service

    @cached_property
    def settings(self) -> Settings:
        """The environment; raises BadSettings."""
        return self._read()

    def need(self, *fields: str) -> Settings:
        """The environment, where these must be set; raises BadSettings with all faults at once.

        Say it before anything else is asked.
        """
        vars(self)["settings"] = settings = self._read(*fields)
        return settings

    def shown(self, one: Declared) -> str:
        """How a setting was set, without telling a secret."""
        if (one.secret or one.in_file) and os.environ.get(f"{one.name}_FILE"):
            return "(from a file)"
        text = os.environ.get(one.name)
        return "(secret)" if text and one.secret else text or "(default)"

    def _read(self, *needed: str) -> Settings:
        settings = self.service.settings.from_env(os.environ, needed)
        # From here on crash points count.
        if settings.allow_crash_points:
            crash_points.arm(settings.crash_at)
        return settings

    @cached_property
    def kit(self) -> Kit:
        """Opened when it is first wanted, closed with the process; raises Unavailable."""
        return open_kit(self.service, self.settings, pool_size=4)
