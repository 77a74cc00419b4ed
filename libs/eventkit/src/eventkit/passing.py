"""Errors that say that this was not the moment, and nothing about the event at hand."""

from eventkit.conflicts import StoreSuspect, VersionConflict
from eventkit.consuming.incoming import SourceUnavailable
from eventkit.database import Unavailable
from eventkit.lease import Fenced

PASSING = (Unavailable, Fenced, VersionConflict, StoreSuspect, SourceUnavailable)
