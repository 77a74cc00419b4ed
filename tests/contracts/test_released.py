"""The gate: what the last release promised holds, and only a release changes the promise."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts import golden, released
from contracts.catalog import Deprecated, EventType
from contracts.released import Release, Tampered
from tests.contracts.examples import EVENTS, PUBLISHED, name

Json = dict[str, Any]
PUBLISHED_FORM = "meeting.scheduled.v1.json"
STORED_FORM = "endpoint.registered.v1.stored.json"
TODAY = date(2027, 1, 31)


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the release, where the golden files and the page are written to as well."""
    copy = tmp_path / released.FILE.name
    shutil.copy(released.FILE, copy)
    monkeypatch.setattr(released, "FILE", copy)
    monkeypatch.setattr(golden, "FOLDER", tmp_path / "golden")
    monkeypatch.setattr(golden, "PAGE", tmp_path / "events.md")


def declare(monkeypatch: pytest.MonkeyPatch, forms: dict[str, Json]) -> None:
    """As if the declarations gave these forms."""
    monkeypatch.setattr(golden, "files", lambda: forms)


def test_no_declaration_breaks_the_last_release() -> None:
    assert golden.refusals() == []


@pytest.mark.parametrize("declared", PUBLISHED, ids=name)
def test_an_event_that_is_new_since_the_last_release_says_since_when(declared: EventType) -> None:
    """With `@event(..., since=date(...))`: the day of the release to come, or today."""
    release = released.load()
    assert f"{declared.wire}.json" in release.forms or declared.since >= release.on


def removed(schema: Json) -> None:
    schema["properties"].popitem()


def retyped(schema: Json) -> None:
    next(iter(schema["properties"].values()))["type"] = "object"


def newly_required(schema: Json) -> None:
    schema["properties"]["room"] = {"type": "string"}
    schema["required"] = [*schema["required"], "room"]


def no_longer_required(schema: Json) -> None:
    schema["required"] = schema["required"][1:]


def other_choices(schema: Json) -> None:
    next(iter(schema["properties"].values()))["enum"] = ["other"]


def narrower(schema: Json) -> None:
    next(iter(schema["properties"].values()))["minLength"] = 7


@pytest.mark.usefixtures("copies")
@pytest.mark.parametrize("form", [PUBLISHED_FORM, STORED_FORM])
@pytest.mark.parametrize(
    "change",
    [removed, retyped, newly_required, no_longer_required, other_choices, narrower],
)
def test_a_break_is_refused_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Json], None],
    form: str,
) -> None:
    forms = deepcopy(golden.files())
    change(forms[form])
    declare(monkeypatch, forms)
    before = released.FILE.read_bytes()
    assert [golden.main(step) for step in ([], ["release"])] == [1, 1]
    assert form in capsys.readouterr().err
    assert not golden.FOLDER.exists()
    assert released.FILE.read_bytes() == before


@pytest.mark.usefixtures("copies")
def test_a_release_again_after_the_golden_files_went_does_not_get_past_the_gate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert golden.main([]) == 0
    forms = deepcopy(golden.files())
    removed(forms[PUBLISHED_FORM])
    declare(monkeypatch, forms)
    shutil.rmtree(golden.FOLDER)
    assert golden.main([]) == 1


@pytest.mark.usefixtures("copies")
def test_a_new_optional_field_is_let_pass_and_becomes_part_of_the_promise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forms = deepcopy(golden.files())
    forms[PUBLISHED_FORM]["properties"]["room"] = {"type": ["string", "null"], "default": None}
    declare(monkeypatch, forms)
    assert golden.main([]) == 0
    assert "room" not in released.load().forms[PUBLISHED_FORM]["properties"]
    assert golden.main(["release"]) == 0
    assert released.load().forms == forms
    removed(forms[PUBLISHED_FORM])
    assert golden.refusals() == [f"{PUBLISHED_FORM} #/room: removed"]


@pytest.mark.usefixtures("copies")
def test_an_event_that_is_gone_is_refused_once_it_was_released(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forms = deepcopy(golden.files())
    draft = forms["meeting.drafted.v1.json"] = deepcopy(forms[PUBLISHED_FORM])
    declare(monkeypatch, forms)
    assert golden.main([]) == 0
    del forms["meeting.drafted.v1.json"]
    assert golden.main([]) == 0
    assert not (golden.FOLDER / "meeting.drafted.v1.json").exists()
    forms["meeting.drafted.v1.json"] = draft
    assert golden.main(["release"]) == 0
    del forms["meeting.drafted.v1.json"]
    assert [line.partition(":")[0] for line in golden.refusals()] == ["meeting.drafted.v1.json"]


@pytest.mark.usefixtures("copies")
def test_a_release_that_was_edited_by_hand_is_refused() -> None:
    content = json.loads(released.FILE.read_text("utf-8"))
    removed(content["forms"][PUBLISHED_FORM])
    released.FILE.write_text(json.dumps(content), "utf-8")
    with pytest.raises(Tampered, match="make release-events"):
        released.load()


OLD = next(one for one in EVENTS if one.wire == "invitations.opened.v1")
SINCE = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("promised", "found", "may"),
    [
        (None, Deprecated(since=SINCE, use="x"), True),
        (None, Deprecated(since=SINCE, use="x", sunset=TODAY), True),
        (TODAY, Deprecated(since=SINCE, use="x", sunset=TODAY + timedelta(1)), True),
        (TODAY, Deprecated(since=SINCE, use="x", sunset=TODAY - timedelta(1)), False),
        (TODAY, Deprecated(since=SINCE, use="x"), False),
        (None, Deprecated(since=SINCE + timedelta(1), use="x"), False),
        (None, None, False),
    ],
)
def test_what_was_said_about_the_end_of_an_event_holds(
    promised: date | None, found: Deprecated | None, may: bool
) -> None:
    told = {"since": str(SINCE), "sunset": str(promised) if promised else None}
    release = Release(on=TODAY, forms={}, deprecated={OLD.wire: told})
    refused = release.refusals({}, [replace(OLD, deprecated=found)])
    assert (refused == []) is may


@pytest.mark.parametrize("declared", EVENTS, ids=name)
def test_a_deprecated_event_names_a_newer_one_of_the_same_service(declared: EventType) -> None:
    if gone := declared.deprecated:
        (use,) = [one for one in EVENTS if one.wire == gone.use]
        assert use.deprecated is None
        assert use.service == declared.service
        assert use.since >= declared.since


def test_an_event_does_not_end_before_it_is_deprecated() -> None:
    with pytest.raises(ValueError, match="not before"):
        Deprecated(since=TODAY, use="x", sunset=SINCE)
