"""Loads the meetings: one recorded afterwards, one announced, and one that really invites."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from loader.client import Api, Json
from loader.files import Files
from loader.register import Loaded, tell

MEETINGS = "/v1/meetings"
BERLIN = ZoneInfo("Europe/Berlin")
THURSDAY = 3


def load_meetings(meetings: Api, loaded: Loaded, files: Files, now: datetime) -> None:
    wanted = files.read("meetings.json")
    announced = load_announced(meetings, loaded, wanted["announced"])
    load_recorded(meetings, loaded, files, announced)
    load_upcoming(meetings, loaded, wanted["upcoming"], now)


def load_announced(meetings: Api, loaded: Loaded, wanted: Json) -> str:
    meeting = wanted["meeting"]
    if known := meetings.find(MEETINGS, title=meeting["title"]):
        tell("meeting announced for a vague date", 0)
        return str(known["meeting_id"])
    body = meeting | _belongs(loaded, wanted)
    meeting_id = str(meetings.create(MEETINGS, body)["id"])
    tell("meeting announced for a vague date", 1)
    return meeting_id


def load_recorded(meetings: Api, loaded: Loaded, files: Files, announced: str) -> None:
    """Each part is loaded where it is missing, so a load that was broken off goes on."""
    wanted = files.read("meetings.json")["recorded"]
    known = meetings.find(MEETINGS, title=wanted["meeting"]["title"])
    if known is None:
        body = wanted["meeting"] | _belongs(loaded, wanted)
        meetings.create(f"{MEETINGS}/records", body)
        known = meetings.find(MEETINGS, title=wanted["meeting"]["title"]) or {}
    path = f"{MEETINGS}/{known['meeting_id']}"
    news = _agenda(meetings, path, wanted["agenda"])
    news += _stories(meetings, path, files.read("stories.json"))
    news += _tendencies(meetings, path, loaded, wanted, files.read("tendencies.json"))
    news += _closed(meetings, path, announced, wanted["results"])
    tell("agenda items, stories and tendencies of 16 October 2020", news)


def load_upcoming(meetings: Api, loaded: Loaded, wanted: Json, now: datetime) -> None:
    title = wanted["meeting"]["title"]
    known = next(
        (
            item
            for item in meetings.items(MEETINGS)
            if item["title"] == title and datetime.fromisoformat(item["starts_at"]) > now
        ),
        None,
    )
    if known is None:
        times = {
            "starts_at": at(wanted, wanted["starts"], now),
            "ends_at": at(wanted, wanted["ends"], now),
        }
        body = wanted["meeting"] | times | _belongs(loaded, wanted)
        known = {"meeting_id": meetings.create(MEETINGS, body)["id"], **times}
    news = _prepared(meetings, loaded, known, wanted)
    tell("steps of the meeting that invites", news)


def at(wanted: Json, clock: str, now: datetime) -> str:
    """A time on the Thursday that follows so many weeks after now, as clocks in Berlin show it."""
    day = now.astimezone(BERLIN).date() + timedelta(weeks=wanted["weeks_ahead"])
    day += timedelta(days=(THURSDAY - day.weekday()) % 7)
    return datetime.combine(day, time.fromisoformat(clock), BERLIN).isoformat()


def _belongs(loaded: Loaded, wanted: Json) -> Json:
    return {"programme_id": loaded.programme_id, "cohort_id": loaded.cohorts[wanted["cohort"]]}


def _agenda(meetings: Api, path: str, items: list[Json]) -> int:
    if meetings.get(path)["agenda_revision"]:
        return 0
    meetings.change("PUT", f"{path}/agenda", {"items": items}, of=path)
    return len(items)


def _stories(meetings: Api, path: str, statements: list[Json]) -> int:
    if meetings.get(path)["results"]["stories"]:
        return 0
    meetings.create(f"{path}/stories", {"statements": statements})
    return len(statements)


def _tendencies(meetings: Api, path: str, loaded: Loaded, wanted: Json, pairs: list[Json]) -> int:
    if meetings.get(path)["results"]["tendencies"]:
        return 0
    body = {
        "from_cohort_id": loaded.cohorts[wanted["compared_with"]],
        "to_cohort_id": loaded.cohorts[wanted["cohort"]],
        "pairs": pairs,
    }
    meetings.create(f"{path}/tendencies", body)
    return len(pairs)


def _closed(meetings: Api, path: str, announced: str, results: Json) -> int:
    shown = meetings.get(path)
    steps = 0
    if shown["next_meeting"] is None:
        body = {"next_meeting_id": announced}
        meetings.change("PUT", f"{path}/next-meeting", body, of=path)
        steps += 1
    if shown["results"]["documented_at"] is None:
        meetings.change("POST", f"{path}/publish-results", results, of=path)
        steps += 1
    return steps


def _prepared(meetings: Api, loaded: Loaded, known: Json, wanted: Json) -> int:
    """Place, agenda and invitations, each where it is missing."""
    path = f"{MEETINGS}/{known['meeting_id']}"
    shown = meetings.get(path)
    steps = 0
    if shown["venue"] is None:
        meetings.change("PUT", f"{path}/place", wanted["place"], of=path)
        steps += 1
    day = datetime.fromisoformat(shown["starts_at"]).date()
    steps += _agenda(meetings, path, [_item(item, day.isoformat()) for item in wanted["agenda"]])
    if not shown["audience"]:
        meetings.change("POST", f"{path}/open-invitations", _invited(loaded, wanted), of=path)
        steps += 1
    return steps


def _item(item: Json, day: str) -> Json:
    starts_at = datetime.combine(
        datetime.fromisoformat(day).date(), time.fromisoformat(item["starts"]), BERLIN
    )
    kept = {name: value for name, value in item.items() if name != "starts"}
    return kept | {"starts_at": starts_at.isoformat()}


def _invited(loaded: Loaded, wanted: Json) -> Json:
    return {
        "audience": [
            {"kind": "cohort", "id": loaded.cohorts[wanted["cohort"]]},
            {"kind": "steering_group", "id": loaded.programme_id},
        ],
        "capacity": wanted["capacity"],
    }
