"""Every alarm that an operator can see has its page, and no page speaks of what is not there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import meetings.app
import notifications.app
import registry.app
from eventkit.run import command_line
from tests.architecture.project import DISTRIBUTIONS, ROOT

FOLDER = ROOT / "docs" / "runbooks"
INDEX = (FOLDER / "README.md").read_text("utf-8")
OPERATE = (ROOT / "docs" / "operate.md").read_text("utf-8")
PAGES = {
    path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.md") if path.stem != "README"
}
HEADINGS = ["What happened", "What to look at", "What to type"]
LEVELS = ("warning", "error", "critical", "exception")
COUNTERS = {"Counter", "CounterMetricFamily"}
INSTRUMENTS = COUNTERS | {"Gauge", "Histogram", "GaugeMetricFamily", "_by_source", "_plain"}
# They say how much, how fast and what runs, and mean no harm by themselves.
NO_ALARM = {
    "build_info",
    "consumer_lag_events",
    "database_connections",
    "database_server_connections_limit",
    "database_size_bytes",
    "deliveries_held_total",
    "deliveries_open",
    "disk_size_bytes",
    "erasures_pending",
    "events_appended_total",
    "lease_requests_total",
    "relay_lag_events",
    "requests_deprecated_total",
    "requests_rate_limited_total",
}
SERVICES = (registry.app.SERVICE, meetings.app.SERVICE, notifications.app.SERVICE)
COMMAND = re.compile(
    r"(?:python -m|docker compose run --rm \S+) [A-Z]+ ([a-z][a-z-]+)(?: ([a-z]+)\b)?"
)


def calls() -> Iterator[ast.Call]:
    """Every call of the product, without its tests."""
    sources = (path for one in DISTRIBUTIONS.values() for path in (one / "src").rglob("*.py"))
    for path in sources:
        tree = ast.parse(path.read_text("utf-8"))
        yield from (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def first_text(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    is_text = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return first.value if is_text else None  # type: ignore[union-attr]  # a text, so a constant


def is_logger(call: ast.Call) -> bool:
    owner = getattr(call.func, "value", None)
    return isinstance(owner, ast.Name) and owner.id == "_log"


def logged() -> set[tuple[str, str]]:
    """Each event that is logged above `info`, with its level."""
    lines = [call for call in calls() if is_logger(call) and called(call) in LEVELS]
    unnamed = [ast.unparse(call) for call in lines if first_text(call) is None]
    assert unnamed == []
    return {(str(first_text(call)), called(call)) for call in lines}


def measured() -> set[str]:
    """Each metric by the name at which it is scraped."""
    names = {
        str(text) + ("_total" if called(call) in COUNTERS else "")
        for call in calls()
        if called(call) in INSTRUMENTS and (text := first_text(call))
    }
    assert "relay_lag_seconds" in names
    return names


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading of the index, without its head."""
    below = INDEX.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in below.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def name_of(cell: str) -> str:
    return cell.strip("`")


def linked(cell: str) -> set[str]:
    return set(re.findall(r"\]\(([a-z-]+)\.md\)", cell))


def test_every_warning_and_error_of_the_log_has_its_page() -> None:
    told = {(name_of(name), level) for name, level, _ in rows("Log lines")}
    # The same name may be logged as both; the worse one counts.
    worst = dict(sorted(logged(), key=lambda one: LEVELS.index(one[1])))
    assert told == set(worst.items())


def test_every_metric_has_its_page_or_is_no_alarm() -> None:
    told = [name_of(row[0]) for row in rows("Metrics")]
    assert sorted(told) == sorted(set(told))
    assert set(told) | NO_ALARM == measured()
    assert set(told) & NO_ALARM == set()


def test_every_metric_stands_in_the_operators_table() -> None:
    below = OPERATE.partition("## What to watch\n")[2].partition("\n## ")[0]
    cells = [line.split(" | ")[0] for line in below.splitlines() if line.startswith("| `")]
    told = [name for cell in cells for name in re.findall("`([a-z_]+)`", cell)]
    assert sorted(told) == sorted(measured())


@pytest.mark.parametrize("heading", ["Metrics", "Log lines"])
def test_the_page_of_an_alarm_names_it(heading: str) -> None:
    wrong = [
        (name_of(row[0]), page)
        for row in rows(heading)
        for page in linked(row[-1]) or {"nothing"}
        if row[0] not in PAGES.get(page, "")
    ]
    assert wrong == []


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_says_what_happened_what_to_look_at_and_what_to_type(page: str) -> None:
    sections = re.split(r"^## (.+)$", PAGES[page], flags=re.MULTILINE)
    assert sections[1::2] == HEADINGS
    assert all(text.strip() for text in sections[2::2])
    assert "\nTold by " in PAGES[page]


def test_every_page_is_in_the_index() -> None:
    found = {
        page
        for heading in ("Metrics", "Log lines")
        for row in rows(heading)
        for page in linked(row[-1])
    }
    assert found == set(PAGES)


def exists(words: tuple[str, ...]) -> bool:
    """Whether some service has this command; a word after a command without others is a value."""
    for service in SERVICES:
        command: click.Command | None = command_line(service)
        for word in filter(None, words):
            if not isinstance(command, click.Group):
                break
            command = command.commands.get(word)
        if command is not None:
            return True
    return False


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_every_command_that_is_to_be_typed_exists(path: Path) -> None:
    typed = {found.groups() for found in COMMAND.finditer(path.read_text("utf-8"))}
    assert [words for words in typed if not exists(words)] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.md")), ids=lambda path: path.stem)
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", path.read_text("utf-8"))
    assert [link for link in links if not (FOLDER / link).exists()] == []
