"""What is asked about the past, and a meeting of it, for the suites on times and histories."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.security.site import Site, Who

ORGANISER, MODERATOR = Who("organiser"), Who("moderator")
ESSLINGEN, PFORZHEIM = Who("district", "08116"), Who("district", "08231")
STARTS_AT = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
SECRET_URL = "https://meet.example.org/geheim"
RECORD = {
    "kind": "network_meeting",
    "title": "Erstes Netzwerktreffen",
    "mode": "digital",
    "starts_at": "2020-10-16T14:00:00+02:00",
    "ends_at": "2020-10-16T17:00:00+02:00",
    "reason": "Aus der Dokumentation übernommen",
}
TIMES = "as_of", "known_at"


def meetings(site: Site, who: Who, method: str, path: str, **more: Any) -> httpx.Response:
    return site.ask(who, "meetings", method, path, **more)


def shown(site: Site, path: str, who: Who = ORGANISER, /, **query: str) -> httpx.Response:
    return meetings(site, who, "GET", path, params=query)


def change(site: Site, meeting: str, method: str, part: str, body: Any) -> None:
    known = {"If-Match": shown(site, meeting).headers["ETag"]}
    answer = meetings(site, ORGANISER, method, f"{meeting}/{part}", json=body, headers=known)
    assert answer.is_success, answer.text


def history(site: Site, path: str, who: Who = ORGANISER, service: str = "meetings") -> list[Any]:
    answer = site.ask(who, service, "GET", f"{path}/history")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
