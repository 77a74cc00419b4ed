"""Every code that a service can answer is explained, and nothing that no one raises."""

import pytest

from eventkit.http.failures import ROUTING
from eventkit.http.problem_kinds import KINDS, Kind
from meetings.problems import PROBLEMS as OF_MEETINGS
from notifications.problems import PROBLEMS as OF_NOTIFICATIONS
from registry.problems import PROBLEMS as OF_REGISTRY
from tests.architecture.refusals import KIT, raised

TABLES = {
    KIT: KINDS,
    "registry": OF_REGISTRY,
    "meetings": OF_MEETINGS,
    "notifications": OF_NOTIFICATIONS,
}
EVERY_PACKAGE = pytest.mark.parametrize("package", TABLES)


def told(package: str) -> set[tuple[str, int]]:
    """Codes with their statuses, as the tables say."""
    return {(code, status) for code, kind in known(package).items() for status in kind.statuses}


def known(package: str) -> dict[str, Kind]:
    return {**KINDS, **TABLES[package]}


def found(package: str) -> set[tuple[str, int]]:
    """Codes with their statuses, as the sources have them."""
    pairs = {(one.code, one.status) for one in raised(package) if "{" not in one.code}
    if package == KIT:
        pairs |= {(code, status) for status, (code, _) in ROUTING.items()} | {("refused", 400)}
    return pairs


def prefixes(package: str) -> tuple[str, ...]:
    """What codes begin with that the sources put together."""
    return tuple(one.code.partition("{")[0] for one in raised(package) if "{" in one.code)


@EVERY_PACKAGE
def test_every_code_is_explained_with_its_status(package: str) -> None:
    assert found(package) - told(package) == set()


@EVERY_PACKAGE
def test_what_is_explained_is_raised(package: str) -> None:
    own = {(code, status) for code, kind in TABLES[package].items() for status in kind.statuses}
    put_together = {pair for pair in own if pair[0].startswith(prefixes(package))}
    assert own - found(package) - put_together == set()


def test_services_do_not_explain_the_codes_of_the_kit_anew() -> None:
    services = [set(table) for package, table in TABLES.items() if package != KIT]
    assert set().union(*services) & set(KINDS) == set()


@EVERY_PACKAGE
def test_titles_and_remedies_are_short_and_whole(package: str) -> None:
    for kind in TABLES[package].values():
        assert kind.title[0].isupper()
        assert not kind.title.endswith(".")
        assert len(kind.title) <= 60
        assert kind.remedy.endswith(".")
