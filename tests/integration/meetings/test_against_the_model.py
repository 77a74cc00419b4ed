"""Whatever is asked in whatever order, the API answers and shows what a model in memory does.

Requests come alone, again, with what was seen before, under keys that were taken, and several at
once; these must be answered as in one of their orders. `make model` takes more and longer walks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from os import environ
from random import Random

import httpx
import pytest

from eventkit.origins import OwnEvents
from eventkit.rebuild import contents_hash, rebuild
from eventkit.unit import Kit
from meetings.app import SERVICE
from tests.integration.eventkit.serving import ROOT, free_port, serving
from tests.integration.meetings.walk import Walk

# It has told the service of the network.
pytestmark = pytest.mark.usefixtures("kit")

WALKS, STEPS = int(environ.get("MODEL_WALKS", "30")), int(environ.get("MODEL_STEPS", "30"))
SEED = environ.get("MODEL_SEED", "netztreff")
# What no walks may miss, or they show little.
WANTED = {
    ("register", "201"),
    ("register", "already-registered"),
    ("register", "idempotency-key-reused"),
    ("register", "meeting-is-closed"),
    ("withdraw", "204"),
    ("withdraw", "not-found"),
    ("withdraw", "already-there"),
    ("check-in", "204"),
    ("check-in", "no-place"),
    ("erase", "200"),
    ("open-invitations", "200"),
    ("open-invitations", "stale-version"),
    ("open-invitations", "precondition-required"),
    ("reschedule", "200"),
    ("start", "200"),
    ("cancel", "200"),
}


@pytest.fixture(scope="module")
def client(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """An organiser at a server of several processes."""
    own = {
        "PATH": environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'deploy'}",
        "HTTP_BIND": f"127.0.0.1:{free_port()}",
        "OPERATOR_BIND": f"127.0.0.1:{free_port()}",
        "RATE_LIMIT_PER_CLIENT": "off",
        "RATE_LIMIT_PER_TENANT": "off",
        "WEB_CONCURRENCY": "2",
    }
    log = tmp_path_factory.mktemp("served") / "log"
    command = "tests.integration.meetings.served"
    with serving(environment | own, log, module=command) as served, served.client() as client:
        yield client


@pytest.mark.timeout(300 + 3 * WALKS)
def test_the_api_does_what_the_model_does(client: httpx.Client) -> None:
    came: Counter[tuple[str, str]] = Counter()
    for number in range(WALKS):
        walk = Walk(client, Random(f"{SEED} {number}"), came)
        try:
            walk.go(STEPS)
        except AssertionError as error:
            asked = "\n".join(map(str, walk.asked))
            raise AssertionError(f"{error}\nwalk {number} of seed {SEED}:\n{asked}") from error
    assert came.keys() >= WANTED


def test_its_read_models_come_out_of_the_events_again(
    kit: Kit, environment: dict[str, str]
) -> None:
    for model in SERVICE.read_models:
        before = contents_hash(kit.engine, model.table.name)
        rebuild(environment["MIGRATION_DATABASE_URL"], OwnEvents(kit.store), model)
        assert contents_hash(kit.engine, model.table.name) == before
