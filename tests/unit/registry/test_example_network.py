"""The example's files say what the documents say, and leave open what they leave open."""

import json
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from loader.meetings import at

from registry.directory.reading import read

EXAMPLES = Path(__file__).parents[3] / "examples"
INVENTED = "(erfunden)"


def network(name: str) -> Any:
    return json.loads((EXAMPLES / "network" / name).read_text(encoding="utf-8"))


def directory_keys() -> dict[str, str]:
    """Names by key, of municipalities and districts."""
    found = read((EXAMPLES / "gv100ad_example.txt").read_bytes().splitlines(keepends=True))
    assert found.refused == []
    municipalities = {key: c.facts.name for key, (_, c) in found.municipalities.items()}
    return municipalities | {key: c.name for key, (_, c) in found.districts.items()}


def test_the_directory_names_what_the_documents_name_and_marks_what_is_made_up() -> None:
    names = directory_keys()
    documented = {"08231000", "08211000", "08119085", "08111000", "06611000", "03254021"}
    documented |= {"09575153", "08116", "08135", "06635", "16073"}
    assert documented <= names.keys()
    assert {key for key in names if key.startswith("08999")} == {
        key for key, name in names.items() if name.endswith(INVENTED)
    }


def test_the_directory_speaks_for_no_whole_state() -> None:
    found = read((EXAMPLES / "gv100ad_example.txt").read_bytes().splitlines(keepends=True))
    assert found.states == {}


def test_only_documented_participants_are_in_the_real_cohorts() -> None:
    cohorts = {cohort["label"]: cohort for cohort in network("programme.json")["cohorts"]}
    assert cohorts["2018/2019"]["participants"] == [{"kind": "municipality", "key": "08231000"}]
    assert cohorts["2020/2021"]["participants"] == []
    assert [label for label in cohorts if INVENTED in label] == ["Beispielkohorte (erfunden)"]


def test_targets_and_cap_are_as_documented() -> None:
    first, second, *_ = network("programme.json")["cohorts"]
    assert (first["participants_target"], first["funding_cap_cents"]) == (23, 4_000_000)
    assert (second["participants_target"], second.get("funding_cap_cents")) == (13, None)


def test_every_party_stands_in_the_directory() -> None:
    names = directory_keys()
    parties = [contact["party"] for contact in network("contacts.json")]
    parties += [
        p for cohort in network("programme.json")["cohorts"] for p in cohort["participants"]
    ]
    assert [p for p in parties if "key" in p and p["key"] not in names] == []


def test_every_seat_has_its_organisation() -> None:
    organisations = {body["name"] for body in network("organisations.json")}
    seats = network("steering_group.json")
    assert len(seats) == 6
    assert {seat["organisation"] for seat in seats} <= organisations


def test_every_address_ends_in_example_org() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in EXAMPLES.rglob("*.json"))
    addresses = re.findall(r"[^\s\"]+@[^\s\"]+", text)
    assert len(addresses) == 16
    assert [one for one in addresses if not one.endswith("@example.org")] == []


def test_the_stories_are_46_in_four_sections() -> None:
    sections = Counter(story["section"] for story in network("stories.json"))
    assert sections == {"foundations": 11, "motivation": 7, "approaches": 21, "benefit": 7}


def test_an_emphasis_is_part_of_its_statement() -> None:
    for story in network("stories.json"):
        assert [e for e in story.get("emphasis", []) if e not in story["statement"]] == []


def test_the_tendencies_are_five_pairs() -> None:
    assert [set(pair) for pair in network("tendencies.json")] == [{"earlier", "later"}] * 5


def test_the_agenda_of_16_october_2020_has_eight_items_one_without_a_time() -> None:
    agenda = network("meetings.json")["recorded"]["agenda"]
    assert [item["title"] for item in agenda if "starts_at" not in item] == ["Grußwort"]
    assert len(agenda) == 8


@pytest.mark.parametrize(
    ("now", "starts_at"),
    [
        (datetime(2026, 11, 21, 23, 30, tzinfo=UTC), "2027-01-07T10:00:00+01:00"),
        (datetime(2027, 4, 1, 12, 0, tzinfo=UTC), "2027-05-13T10:00:00+02:00"),
    ],
)
def test_the_meeting_that_invites_is_on_a_thursday_about_six_weeks_ahead(
    now: datetime, starts_at: str
) -> None:
    wanted = network("meetings.json")["upcoming"]
    assert at(wanted, wanted["starts"], now) == starts_at
    assert datetime.fromisoformat(starts_at).strftime("%A") == "Thursday"
