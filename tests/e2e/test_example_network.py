"""What the programme's documents say can be read from a fresh installation."""

from collections import Counter
from typing import Any

from tests.e2e.installation import Installation

RECORDED = "Erstes Netzwerktreffen der Kohorte 2020/2021"
ANNOUNCED = "Nächstes Netzwerktreffen der Kohorte 2020/2021"
UPCOMING = "Netzwerktreffen der Beispielkohorte (erfunden)"


def meeting(installation: Installation, title: str) -> dict[str, Any]:
    api = installation.api("meetings")
    (found,) = [item for item in api.items("/v1/meetings") if item["title"] == title]
    return api.get(f"/v1/meetings/{found['meeting_id']}")


def test_the_meeting_of_october_2020_has_its_agenda(installation: Installation) -> None:
    shown = meeting(installation, RECORDED)
    assert (shown["state"], shown["mode"]) == ("documented", "digital")
    assert shown["recorded_afterwards"] is True
    assert shown["starts_at"] == "2020-10-16T14:00:00+02:00"
    assert [item["title"] for item in shown["agenda"]] == [
        "Begrüßung",
        "Grußwort",
        "Eindrücke vom Projektstart",
        "Pause",
        "Engagementgeschichten",
        "Pause",
        "Gemeinsamer Abschluss und Ausblick",
        "Ende des Netzwerktreffens",
    ]


def test_the_meeting_of_october_2020_has_its_stories_and_tendencies(
    installation: Installation,
) -> None:
    api = installation.api("meetings", "municipality")
    path = f"/v1/meetings/{meeting(installation, RECORDED)['meeting_id']}"
    stories = Counter(story["section"] for story in api.items(f"{path}/stories"))
    assert stories == {"foundations": 11, "motivation": 7, "approaches": 21, "benefit": 7}
    assert len(api.items(f"{path}/tendencies")) == 5


def test_the_meeting_after_it_is_announced_for_spring(installation: Installation) -> None:
    shown = meeting(installation, ANNOUNCED)
    assert (shown["state"], shown["vague_date"]) == ("idea", "Frühjahr 2021")
    assert shown["starts_at"] is None
    next_meeting = meeting(installation, RECORDED)["next_meeting"]
    assert next_meeting["meeting_id"] == shown["meeting_id"]


def test_the_upcoming_meeting_is_open(installation: Installation) -> None:
    shown = meeting(installation, UPCOMING)
    assert (shown["state"], shown["capacity"]) == ("open", 40)
    assert "register" in shown["actions"]
