"""The reviewed files say what the declarations say."""

import pytest

from contracts import golden
from contracts.catalog import EventType, event
from contracts.descriptions import markdown
from contracts.topics import SERVICES
from tests.contracts.examples import EVENTS, name


def test_every_event_has_its_golden_files_and_every_file_an_event() -> None:
    assert {path.name for path in golden.FOLDER.iterdir()} == set(golden.files())


@pytest.mark.parametrize("file", sorted(golden.files()))
def test_the_file_is_what_the_declaration_gives(file: str) -> None:
    """After an intended change: `make golden`, and review the difference."""
    assert (golden.FOLDER / file).read_text() == golden.render(golden.files()[file])


def test_the_page_about_events_is_what_the_declarations_give() -> None:
    """After an intended change: `make golden`, and review the difference."""
    assert golden.PAGE.read_text("utf-8") == markdown()


@pytest.mark.parametrize("declared", EVENTS, ids=name)
def test_every_event_says_which_fact_it_tells(declared: EventType) -> None:
    # A dataclass without a docstring gets its signature as one.
    assert not declared.meaning.startswith(f"{declared.cls.__name__}(")
    assert declared.meaning.endswith(".")
    assert len(declared.meaning.split()) >= 3


@pytest.mark.parametrize("declared", EVENTS, ids=name)
def test_every_event_has_a_service_that_publishes_it(declared: EventType) -> None:
    """Else contracts.topics does not know the module; what operators did is every service's own."""
    private = declared.service == "operations" and not declared.is_published
    assert private or declared.service in SERVICES


def test_a_name_is_declared_once() -> None:
    with pytest.raises(ValueError, match="declared twice"):
        event("meeting.planned", version=1)(type("Again", (), {}))
    with pytest.raises(ValueError, match=r"noun\.participle"):
        event("MeetingPlanned", version=1)


def test_only_the_catalogue_names_events() -> None:
    assert len({declared.wire for declared in EVENTS}) == len(EVENTS) > 40
