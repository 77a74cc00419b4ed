"""How a path may be written: as its route is, for rules of a proxy may know one spelling only."""

from __future__ import annotations

import re
from typing import Any

from flask import Request

# RFC 9112 lets a request name the whole URL.
_PATH = re.compile(r"(?:https?://[^/?#]*)?(?P<path>[^?#]*)", re.IGNORECASE)
_OTHERWISE = re.compile(r"//|/\.{1,2}(?:/|\Z)|%2[ef]|%5c", re.IGNORECASE)


class PlainRequest(Request):
    """Knows whether its path was written as routes are."""

    def __init__(self, wsgi: dict[str, Any], *rest: Any, **more: Any) -> None:
        super().__init__(wsgi, *rest, **more)
        self.has_plain_path = _is_plain(str(wsgi.get("RAW_URI") or wsgi.get("PATH_INFO", "")))


def _is_plain(raw: str) -> bool:
    """Whether the path has no empty and no dotted part and hides no dot or slash in an escape."""
    found = _PATH.match(raw)
    return found is not None and not _OTHERWISE.search(found["path"])
