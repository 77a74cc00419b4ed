"""What `erasure` types out says the same as the API, and no more than was done."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result

from contracts.erasure import ErasureReason
from eventkit.console import Console
from eventkit.erasure.commands import erasure
from eventkit.erasure.journal import Entry, Journal
from local.databases import connect
from registry.app import SERVICE
from tests.integration.registry.conftest import Callers, told

DONE = "Whoever stands in the journal is erased."

pytestmark = pytest.mark.usefixtures("directory")


@pytest.fixture
def journal(callers: Callers) -> Iterator[Journal]:
    """The journal of the service, which has its lines of before again afterwards."""
    path = file(callers)
    before = path.read_bytes() if path.exists() else b""
    yield Journal(path, callers.kit.settings.chain_key)
    path.write_bytes(before)


def file(callers: Callers) -> Path:
    return Path(str(callers.kit.settings.erasure_journal))


def typed(callers: Callers, *words: str) -> Result:
    console = Console(SERVICE)
    vars(console)["kit"] = callers.kit
    return CliRunner().invoke(erasure, words, obj=console)


def entry(person: UUID) -> Entry:
    at = datetime(2026, 10, 16, tzinfo=UTC)
    return Entry(person=person, service="registry", at=at, reason=ErasureReason.REQUEST)


def suspect(environment: dict[str, str], why: str | None) -> None:
    with connect(environment["MIGRATION_DATABASE_URL"]) as store:
        store.execute("UPDATE store_state SET suspect = %s", [why])


def test_of_who_is_in_the_journal_alone_nothing_is_certified(
    callers: Callers, journal: Journal
) -> None:
    person = uuid4()
    journal.append(entry(person))
    assert typed(callers, "replay").exit_code == 0
    shown = typed(callers, "certificate", str(person))
    assert ('"state": "unknown-here"' in shown.stdout, shown.exit_code) == (True, 0)
    path = f"/v1/contacts/{person}/erasure"
    assert told(callers.organiser.get(path))["state"] == "unknown-here"
    assert told(callers.organiser.get(f"/v1/contacts/{uuid4()}/erasure"), 404)
    municipality = callers.as_role("municipality", "08231000", "read write admin")
    assert municipality.get(path).status_code == 404


def test_a_replay_of_a_sound_journal_says_that_all_of_it_is_done(
    callers: Callers, journal: Journal
) -> None:
    journal.append(entry(uuid4()))
    done = typed(callers, "replay")
    assert (DONE in done.stdout, done.exit_code) == (True, 0)


def test_a_replay_says_that_lines_are_damaged_and_fails(callers: Callers, journal: Journal) -> None:
    journal.append(entry(uuid4()))
    file(callers).write_bytes(file(callers).read_bytes().replace(b'"request"', b'"unlawful"'))
    damaged = typed(callers, "replay")
    assert (DONE in damaged.stdout, damaged.exit_code) == (False, 1)
    assert "damaged" in damaged.stderr


def test_a_replay_says_that_a_line_is_missing_and_fails(callers: Callers, journal: Journal) -> None:
    for _ in range(2):
        journal.append(entry(uuid4()))
    lines = file(callers).read_bytes().splitlines(keepends=True)
    file(callers).write_bytes(b"".join(lines[:-2] + lines[-1:]))
    assert typed(callers, "replay").exit_code == 1


def test_a_replay_in_a_suspect_store_says_what_waits(
    callers: Callers, journal: Journal, environment: dict[str, str]
) -> None:
    body = {"party": {"kind": "municipality", "key": "08231000"}, "role": "x", "purpose": "x"}
    person = callers.organiser.create("/v1/contacts", body | {"name": "Gast"})
    journal.append(entry(UUID(person)))
    suspect(environment, "restored for a test")
    waiting = typed(callers, "replay")
    suspect(environment, None)
    assert (DONE in waiting.stdout, waiting.exit_code) == (False, 75)
    assert "store-restored" in waiting.stderr
    assert typed(callers, "replay").exit_code == 0
    assert told(callers.organiser.get(f"/v1/contacts/{person}"))["erased"] is True


@pytest.mark.parametrize("path", ["export", "erasure"])
def test_what_is_held_of_somebody_takes_no_parameters(callers: Callers, path: str) -> None:
    refused = callers.organiser.get(
        f"/v1/contacts/{uuid4()}/{path}?foo=1", **{"Accept-Language": "de"}
    )
    assert told(refused, 422)["errors"] == [
        {"detail": "Hier gibt es keine Parameter.", "parameter": "foo"}
    ]
