"""What meetings reads from the environment beside what every service reads."""

from __future__ import annotations

from dataclasses import dataclass

from eventkit.forms import number, setting
from eventkit.settings import Settings
from eventkit.unit import Kit


@dataclass(frozen=True, kw_only=True)
class MeetingSettings(Settings):
    """How many guests a municipality or district may register in 24 hours; 0: any number."""

    guests_per_tenant_per_day: int = setting(
        "GUESTS_PER_TENANT_PER_DAY",
        number(0, 1_000_000),
        "people whom a municipality or district registers by name and e-mail address in 24 hours;"
        " contacts, and who runs the network, are not counted. 0: any number",
        default=500,
        read_by="`api`",
    )


def settings_of(kit: Kit) -> MeetingSettings:
    """The settings of this service's process; raises TypeError in another service's."""
    if not isinstance(kit.settings, MeetingSettings):
        raise TypeError("this is no process of meetings")
    return kit.settings
