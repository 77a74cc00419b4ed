""".env.example explains what docker-compose.yml reads, and shows the defaults of the code."""

import re
from itertools import pairwise
from typing import Any

import pytest
import yaml

from eventkit.forms import Declared
from eventkit.settings import Settings, declared
from local.identities import CALLERS
from meetings.settings import MeetingSettings
from notifications.settings import NotificationSettings
from tests.architecture.project import ROOT

COMPOSE = (ROOT / "docker-compose.yml").read_text("utf-8")
CONTAINERS: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
# Every line that sets a variable, or shows its default behind a #.
SHOWN = dict(re.findall(r"^#?([A-Z][A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
# Read by Docker Compose itself; kept by `make up` for people.
NOT_IN_COMPOSE = {"COMPOSE_PROFILES", "OPERATOR_CLIENT_ID", "OPERATOR_CLIENT_SECRET"}
OF_THE_IMAGE = {"MODE", "HTTP_BIND", "OPERATOR_BIND"}
FOR_TESTS = {"CRASH_AT"}
# Only migrations run as the owner; notifications erases nobody itself.
OF_FEW = {"MIGRATION_DATABASE_URL", "MIGRATION_KEY_DATABASE_URL", "ERASURE_JOURNAL"}
SETTINGS = {
    "registry": Settings,
    "meetings": MeetingSettings,
    "notifications": NotificationSettings,
}


def settings_of(service: str) -> dict[str, Declared]:
    return {one.name: one for _, one in declared(SETTINGS[service])}


def test_the_example_names_exactly_what_compose_reads() -> None:
    read = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    assert set(SHOWN) - NOT_IN_COMPOSE == read
    assert set(SHOWN) >= NOT_IN_COMPOSE


def test_every_variable_has_an_explanation_above_it() -> None:
    """Prose, or another variable that shares it; neither a heading nor nothing."""
    lines = EXAMPLE.splitlines()
    variable = re.compile(r"#?[A-Z][A-Z_]+=")
    explained = re.compile(r"# +(?!-)|#?[A-Z][A-Z_]+=")
    assert [
        line
        for above, line in pairwise(lines)
        if variable.match(line) and not explained.match(above)
    ] == []


@pytest.mark.parametrize("service", SETTINGS)
def test_a_container_is_given_every_setting_of_its_service(service: str) -> None:
    known = settings_of(service)
    development = {name for name, one in known.items() if one.development} | FOR_TESTS
    given = set(CONTAINERS[f"{service}-worker"]["environment"])
    optional = OF_FEW | (set() if service in CALLERS else {"CLIENT_ID", "CLIENT_SECRET"})
    assert set(known) - given - development - OF_THE_IMAGE - optional == set()
    assert given - set(known) == set()


@pytest.mark.parametrize("service", SETTINGS)
def test_the_defaults_that_are_shown_are_those_of_the_code(service: str) -> None:
    shown = re.findall(r"^#([A-Z_]+)=(.+)$", EXAMPLE, re.MULTILINE)
    known = settings_of(service)
    wrong = {
        name: text
        for name, text in shown
        if name in known and known[name].form.parse(text) != known[name].default
    }
    assert wrong == {}


def test_the_example_holds_no_secret() -> None:
    secret = ("PASSWORD", "_KEY", "SECRET")
    assert {name: text for name, text in SHOWN.items() if name.endswith(secret) and text} == {}


def test_no_secret_has_a_default_in_compose() -> None:
    found = re.findall(r"\$\{([A-Z_]+(?:PASSWORD|_KEY|SECRET))(:?[-?][^}]*)?\}", COMPOSE)
    assert found
    assert [name for name, rest in found if rest.lstrip(":").startswith("-") and rest != ":-"] == []
