"""Nothing that callers send comes to light where it does not belong, whatever goes wrong."""

import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import orjson
import psutil
import pytest

from local.ports import free_port
from local.processes import spawn, stop, wait_until
from local.registry_client import ready
from local.service_settings import service_environment
from tests.e2e.conftest import forget_topics
from tests.security import canary
from tests.security.conftest import Count
from tests.security.flight import Flight
from tests.security.watched import watched

# So generous that nothing is stopped by a limit but the calls that are meant to be.
LIMITS = {
    "RATE_LIMIT_PER_CLIENT": "9999999/second",
    "RATE_LIMIT_PER_TENANT": "9999999/second",
    "RATE_LIMIT_PER_SERVICE": "9999999/second",
    "RATE_LIMIT_PER_ADDRESS": "9999999/second",
    "RATE_LIMIT_TOKENS": "300/minute",
}
SECRET_SETTINGS = ("DATABASE_URL", "KEY_DATABASE_URL", "MASTER_KEY", "CHAIN_KEY", "CLIENT_SECRET")
# Each of them was the answer to something that held canaries.
PROVOKED = {400, 401, 403, 404, 405, 412, 413, 414, 415, 422, 428, 429, 431, 500, 503}


@pytest.fixture(scope="module")
def flight(kafka_broker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flight]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in LIMITS.items():
            environment.setenv(name, value)
        with watched(tmp_path_factory.mktemp("canary"), kafka_broker) as site:
            flown = Flight(site=site)
            flown.go()
            site.flush()
            yield flown
    forget_topics(kafka_broker)


def test_every_error_was_provoked(flight: Flight, count: Count) -> None:
    assert flight.statuses >= PROVOKED
    assert flight.canaries.made > 10_000
    count("errors provoked with canaries", len(PROVOKED))


def test_no_log_holds_anything_that_a_caller_sent(flight: Flight) -> None:
    logs = b"\n".join(flight.site.log_lines())
    assert canary.found(logs, [flight.canaries.any]) == []
    # The search finds what is there.
    assert canary.found(logs, [b"crashed"])
    assert canary.found(logs, [b"parked"])


def test_no_log_of_any_process_holds_a_secret_or_a_person(flight: Flight) -> None:
    words = [*flight.secrets, flight.canaries.personal, flight.canaries.secret]
    assert canary.in_files(flight.site.settings.logs, words) == {}


def test_what_callers_send_writes_no_lines_of_its_own(flight: Flight) -> None:
    lines = flight.site.log_lines()
    told = [orjson.loads(line) for line in lines]
    assert {line["service"] for line in told} == {"registry", "meetings", "notifications"}
    assert [line for line in told if line["event"] == "forged" or line["level"] == "forged"] == []
    assert [line for line in lines if b"\x1b" in line] == []


def test_no_metric_holds_anything_that_a_caller_sent(flight: Flight) -> None:
    words = [*flight.secrets, flight.canaries.any]
    assert canary.found(flight.site.metrics(), words) == []
    assert canary.found(flight.site.metrics(), [b"http_requests_total"])


def test_no_topic_and_no_feed_holds_a_secret_or_a_person(flight: Flight) -> None:
    words = [*flight.secrets, flight.canaries.personal, flight.canaries.secret]
    for published in (flight.site.records(), flight.site.feeds()):
        assert canary.found(published, words) == []
        assert canary.found(published, [flight.canaries.plain])


def test_no_file_of_the_database_holds_a_secret_or_a_person(flight: Flight) -> None:
    files = flight.site.settings.folder / "postgres"
    words = [*flight.secrets, flight.canaries.personal, flight.canaries.secret]
    assert canary.in_files(files, words) == {}
    # Words that may be stored are found in tables and in the write-ahead log.
    found = canary.in_files(files, [flight.canaries.plain])
    assert {name.partition("/")[0] for name in found} >= {"base", "pg_wal"}


def test_what_is_held_of_who_was_erased_names_nobody(flight: Flight) -> None:
    assert [one["erased"] for one in flight.erased] == [True, True]
    assert all(one["events"] and one["rows"] for one in flight.erased)
    assert canary.found(orjson.dumps(flight.erased), [flight.canaries.personal]) == []


def test_nothing_of_who_was_erased_opens_any_more(flight: Flight) -> None:
    tables = flight.site.tables()
    people = [one["person"].encode() for one in flight.erased]
    sealed = re.findall(rb"sealed1:([0-9a-f-]{36}):", tables)
    # The events keep what nobody can open; that it is there shows that the search finds it.
    assert set(people) < set(sealed)
    assert flight.site.keys() >= {person.decode() for person in sealed} - {
        person.decode() for person in people
    }
    assert flight.site.keys().isdisjoint(person.decode() for person in people)


def test_no_process_shows_a_secret_to_its_neighbours(flight: Flight) -> None:
    words = [*flight.secrets, flight.canaries.any]
    pids = flight.site.pids()
    assert len(pids) > 10
    assert canary.in_processes(pids, "cmdline", words) == {}
    assert canary.in_processes(pids, "environ", [flight.canaries.any]) == {}


def test_people_were_written_to_after_all(flight: Flight) -> None:
    mails = b"\n".join(mail.content for mail in flight.site.mailbox.mails)
    assert canary.found(mails, [flight.canaries.personal])


def test_a_service_with_its_secrets_in_files_has_none_in_its_environment(
    flight: Flight, tmp_path: Path
) -> None:
    site = flight.site
    environment = service_environment("notifications", site.settings, site.server, site.credentials)
    for name in SECRET_SETTINGS:
        file = tmp_path / name
        file.write_text(environment.pop(name), "utf-8")
        environment[f"{name}_FILE"] = str(file)
    binds = {name: f"127.0.0.1:{free_port()}" for name in ("HTTP_BIND", "OPERATOR_BIND")}
    command = [sys.executable, "-m", "notifications", "api"]
    process = spawn(command, log=tmp_path / "log", environment=environment | binds)
    port = int(binds["OPERATOR_BIND"].rpartition(":")[2])
    try:
        wait_until(partial(ready, port), child=process, what="notifications", seconds=60)
        pids = [process.pid, *(one.pid for one in psutil.Process(process.pid).children())]
        assert len(pids) > 1
        assert canary.in_processes(pids, "environ", site.secrets()) == {}
        # Those that were given theirs in the environment show them to their own user.
        assert canary.in_processes(site.pids(), "environ", site.secrets())
    finally:
        stop([process])
