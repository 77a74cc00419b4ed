"""Every environment is pinned alike, and nothing says where packages come from."""

import re
from pathlib import Path

import pytest

from tests.architecture.project import ROOT, SERVICES

TESTS = ROOT / "tests" / "requirements.lock"
BENCH = ROOT / "bench" / "requirements.lock"
LOCKS = [TESTS, BENCH, *(ROOT / "services" / name / "requirements.lock" for name in SERVICES)]
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[^]]+\])?==(\S+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    return dict(PIN.findall(lock.read_text(encoding="utf-8")))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_a_lock_names_no_host_and_no_path(lock: Path) -> None:
    content = lock.read_text(encoding="utf-8")
    found = [line for line in content.splitlines() if "://" in line or "/" in line]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_every_pin_of_a_lock_has_a_hash(lock: Path) -> None:
    blocks = re.split(r"\n(?=\S)", lock.read_text(encoding="utf-8").strip())
    assert [block for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_runs_with_the_versions_that_the_tests_ran_with(service: str) -> None:
    tested = pins(TESTS)
    installed = pins(ROOT / "services" / service / "requirements.lock")
    assert installed
    assert {name: tested.get(name) for name in installed} == installed


def test_no_sibling_is_pinned() -> None:
    siblings = {"contracts", "eventkit", *SERVICES}
    assert [lock for lock in LOCKS if siblings & pins(lock).keys()] == []


def test_the_lock_of_the_asyncapi_parser_names_no_address() -> None:
    lock = ROOT / "tests" / "contracts" / "asyncapi" / "package-lock.json"
    assert "://" not in lock.read_text(encoding="utf-8")
