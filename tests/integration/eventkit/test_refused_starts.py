"""Starts that are refused in one sentence, since waiting would mend nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contracts.topics import topic
from eventkit.kafka.topics import PARTITIONS, create_topic
from local.databases import Databases, connect
from local.processes import wait_until
from tests.conftest import MakeDatabases
from tests.integration.eventkit.sample import KEY
from tests.integration.eventkit.serving import environment, free_port, run, serving, started

STORE, KEYS = "MIGRATION_DATABASE_URL", "MIGRATION_KEY_DATABASE_URL"
NEWER = "start that one, or set ALLOW_NEWER_DATABASE to go back to the release right before it."
# Nobody makes a file there, not even root.
NOWHERE = "/proc/netztreff"


@contextmanager
def migrated_by_a_newer_release(things: Databases, name: str = STORE) -> Iterator[None]:
    """One that added a revision which is unknown here."""
    with connect(things.migration_environment()[name]) as database:
        database.execute("INSERT INTO alembic_version VALUES ('kit_9999')")
        try:
            yield
        finally:
            database.execute("DELETE FROM alembic_version WHERE version_num = 'kit_9999'")


def refused(environ: dict[str, str], role: str) -> str:
    """Why a role did not start, as its log says; it must end with 78."""
    ended = run(environ, role)
    assert ended.returncode == 78, ended.stderr
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    return str(next(line["cause"] for line in lines if line["event"] == "failed"))


@pytest.mark.parametrize(("name", "told"), [(STORE, "database"), (KEYS, "key database")])
def test_migrate_refuses_a_database_that_is_newer_than_the_code(
    things: Databases, name: str, told: str
) -> None:
    with migrated_by_a_newer_release(things, name):
        ended = run(environment(things), "migrate")
    assert ended.returncode == 78
    assert ended.stderr == f"The {told} was migrated by a newer release (kit_9999); {NEWER}\n"


@pytest.mark.parametrize("role", ["api", "all"])
def test_a_role_refuses_a_database_that_is_newer_than_the_code(
    things: Databases, role: str
) -> None:
    with migrated_by_a_newer_release(things):
        assert refused(environment(things), role).endswith(NEWER)


def test_the_way_back_to_the_release_before_is_open_to_who_says_so(
    things: Databases, tmp_path: Path
) -> None:
    environ = environment(things, ALLOW_NEWER_DATABASE="true")
    with migrated_by_a_newer_release(things):
        assert (
            run(environ, "migrate").stdout == "things stays at the revision of a newer release.\n"
        )
        with serving(environ, tmp_path / "api.log") as server, server.client() as client:
            assert client.get("/v1/things").status_code == 200


def test_who_runs_while_a_newer_release_migrates_goes_on_with_all_its_children(
    things: Databases, tmp_path: Path
) -> None:
    with (
        serving(environment(things), tmp_path / "all.log", "all") as server,
        migrated_by_a_newer_release(things),
    ):
        before = server.children()
        for pid in before:
            os.kill(pid, 9)
        wait_until(lambda: not set(before) & set(server.children()), what="new", seconds=60)
        wait_until(server.is_ready, what="all of it", seconds=60)


def test_a_file_of_heads_that_cannot_be_written_is_one_sentence(things: Databases) -> None:
    file = f"{NOWHERE}.heads"
    ended = run(environment(things, HEADS_EXPORT=file), "worker")
    assert ended.returncode == 78
    assert ended.stderr.startswith(f"HEADS_EXPORT {file} cannot be written: ")
    assert len(ended.stderr.splitlines()) == 1


def run_bare(service: str, command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command of a real service, whose databases are away."""
    environ = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": "postgresql://x:y@127.0.0.1:1/x",
        "KEY_DATABASE_URL": "postgresql://x:y@127.0.0.1:1/x",
        "MASTER_KEY": KEY,
        "CHAIN_KEY": KEY,
        "HTTP_BIND": f"127.0.0.1:{free_port()}",
        "OPERATOR_BIND": f"127.0.0.1:{free_port()}",
        **more,
    }
    words = [sys.executable, "-m", service, command]
    return subprocess.run(
        words, env=environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_an_erasure_journal_that_cannot_be_written_is_one_sentence() -> None:
    file = f"{NOWHERE}.jsonl"
    ended = run_bare("registry", "api", ERASURE_JOURNAL=file)
    assert ended.returncode == 78
    assert ended.stderr.startswith(f"ERASURE_JOURNAL {file} cannot be written: ")


@pytest.mark.parametrize(
    ("service", "followed"),
    [("registry", []), ("meetings", ["REGISTRY_URL", "CLIENT_ID", "CLIENT_SECRET"])],
)
def test_a_rebuild_needs_what_whoever_follows_others_needs(
    service: str, followed: list[str]
) -> None:
    ended = run_bare(service, "rebuild")
    assert ended.returncode == 78
    named = [line.split()[0] for line in ended.stderr.splitlines()]
    assert named == [STORE, *followed]


@pytest.fixture
def fresh(databases: MakeDatabases) -> Databases:
    return databases("things")


def test_a_topic_with_too_few_partitions_is_one_sentence(fresh: Databases, kafka: str) -> None:
    environ = environment(fresh, KAFKA_BOOTSTRAP_SERVERS=kafka)
    create_topic([kafka], topic("things"), partitions=1)
    ended = run(environ, "migrate")
    assert ended.returncode == 78
    sentence = f"The topic {topic('things')} has 1 of {PARTITIONS} partitions; "
    assert ended.stderr.startswith(sentence)
    # The databases are migrated all the same.
    assert refused(environ, "relay").startswith(sentence)
    assert refused(environ, "all").startswith(sentence)


def test_a_broker_that_is_away_ends_a_migration_with_75(fresh: Databases) -> None:
    ended = run(environment(fresh, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1"), "migrate")
    assert ended.returncode == 75
    assert ended.stderr.startswith("What this needs does not answer: ")
    assert len(ended.stderr.splitlines()) == 1


def test_a_relay_whose_broker_is_away_waits_with_a_line_a_try(
    things: Databases, tmp_path: Path
) -> None:
    environ = environment(things, KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    log = tmp_path / "relay.log"
    with started(environ, log, "relay") as relay:
        wait_until(lambda: log.read_bytes().count(b'"waiting"') >= 2, what="tries", seconds=90)
        assert relay.process.poll() is None
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    causes = {str(line["cause"]) for line in lines if line["event"] == "waiting"}
    assert all(cause.startswith("BrokerUnavailable") for cause in causes)


@pytest.mark.parametrize(
    ("role", "told"), [("relay", "nothing to relay to"), ("consumer", "follows no other service")]
)
def test_settings_refuses_a_role_with_the_sentence_of_its_start(
    things: Databases, role: str, told: str
) -> None:
    environ = environment(things)
    looked, start = run(environ, "settings", role), run(environ, role)
    assert looked.returncode == start.returncode == 78
    assert looked.stderr == start.stderr
    assert told in looked.stderr
    assert looked.stdout == ""
    assert run(environ, "settings").returncode == 0


def test_what_a_command_needs_is_named_with_all_other_faults(things: Databases) -> None:
    environ = environment(things, CHAIN_KEY="x", CLIENT_ID="c")
    for name in (STORE, KEYS):
        environ.pop(name)
    ended = run(environ, "migrate")
    assert ended.returncode == 78
    named = [line.split()[0] for line in ended.stderr.splitlines()]
    assert named == ["CHAIN_KEY", STORE, KEYS, "CLIENT_SECRET"]
