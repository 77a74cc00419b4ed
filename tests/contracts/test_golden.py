"""The reviewed files say what the declarations say."""

import json
from pathlib import Path

import pytest

from contracts import golden
from contracts.catalog import event
from tests.contracts.examples import EVENTS


def test_every_event_has_its_golden_files_and_every_file_an_event() -> None:
    assert {path.name for path in golden.FOLDER.iterdir()} == set(golden.files())


@pytest.mark.parametrize("name", sorted(golden.files()))
def test_the_file_is_what_the_declaration_gives(name: str) -> None:
    """After an intended change: `make golden`, and review the difference."""
    assert (golden.FOLDER / name).read_text() == golden.render(golden.files()[name])


def test_no_declaration_breaks_a_released_form() -> None:
    assert golden.refusals() == []


def test_an_incompatible_file_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    content = golden.files()["meeting.scheduled.v1.json"]
    del content["properties"]["time_zone"]
    content["required"] = [*content["required"], "room"]
    content["properties"]["room"] = {"type": "string"}
    path = tmp_path / "meeting.scheduled.v1.json"
    path.write_text(json.dumps(content))
    assert golden.main() == 1
    assert "room" in capsys.readouterr().err
    assert json.loads(path.read_text()) == content


def test_an_event_that_is_gone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(golden, "FOLDER", tmp_path)
    (tmp_path / "meeting.forgotten.v1.json").write_text("{}")
    assert [line.partition(":")[0] for line in golden.refusals()] == ["meeting.forgotten.v1.json"]


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        event("meeting.planned", version=1)(type("Again", (), {}))
    with pytest.raises(ValueError, match=r"noun\.participle"):
        event("MeetingPlanned", version=1)


def test_only_the_catalogue_names_events() -> None:
    assert len({declared.wire for declared in EVENTS}) == len(EVENTS) > 40
