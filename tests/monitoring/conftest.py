"""The sample service's databases, migrated once for a module."""

from tests.integration.eventkit.things import things

__all__ = ["things"]
