"""How a path may be written: as its route is, for rules of a proxy may know one spelling only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# RFC 9112 lets a request name the whole URL.
_PATH = re.compile(r"(?:https?://[^/?#]*)?(?P<path>[^?#]*)", re.IGNORECASE)
_OTHERWISE = re.compile(r"//|/\.{1,2}(?:/|\Z)|%2[ef]|%5c", re.IGNORECASE)


def is_plain(environ: Mapping[str, Any]) -> bool:
    """Whether the path has no empty and no dotted part and hides no dot or slash in an escape."""
    raw = str(environ.get("RAW_URI") or environ.get("PATH_INFO", ""))
    found = _PATH.match(raw)
    return found is not None and not _OTHERWISE.search(found["path"])
