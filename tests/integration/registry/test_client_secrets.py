"""Secrets of machine clients: two at most, changed without a gap, kept as digests."""

import hmac
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import pytest
import sqlalchemy as sa

from eventkit.settings import Settings
from registry.credentials import authenticate
from registry.projection.clients import clients
from tests.integration.registry.conftest import Callers, told

BODY = {"name": "Fachverfahren", "role": "municipality", "tenant": "08231000"}
FORM = re.compile(r"nts_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")


@pytest.fixture
def client(callers: Callers) -> dict[str, str]:
    registered: dict[str, str] = told(callers.operator.post("/v1/clients", BODY), 201)
    return registered


def secrets_of(client: dict[str, str]) -> str:
    return f"/v1/clients/{client['client_id']}/secrets"


def issue(callers: Callers, client: dict[str, str], **body: int) -> Any:
    return told(callers.operator.post(secrets_of(client), body), 201)


def opens(callers: Callers, client: dict[str, str], secret: str, after: timedelta) -> bool:
    """Whether the secret would get a token when so much time has passed."""
    at = datetime.now(UTC) + after
    return authenticate(callers.kit.engine, client["client_id"], secret, at) is not None


def test_a_secret_has_an_id_and_256_random_bits(callers: Callers, client: dict[str, str]) -> None:
    assert FORM.fullmatch(client["client_secret"])
    assert FORM.fullmatch(issue(callers, client)["client_secret"])


def test_both_secrets_open_during_the_overlap_and_the_new_one_after_it(
    callers: Callers, client: dict[str, str]
) -> None:
    newer = issue(callers, client, overlap_hours=2)["client_secret"]
    soon, later = timedelta(hours=1, minutes=59), timedelta(hours=2, seconds=1)
    assert opens(callers, client, client["client_secret"], soon)
    assert opens(callers, client, newer, soon)
    assert not opens(callers, client, client["client_secret"], later)
    assert opens(callers, client, newer, later)


def test_without_an_overlap_the_older_secret_ends_at_once(
    callers: Callers, client: dict[str, str]
) -> None:
    issue(callers, client, overlap_hours=0)
    assert not opens(callers, client, client["client_secret"], timedelta())


def test_an_overlap_lasts_a_day_unless_told_otherwise(
    callers: Callers, client: dict[str, str]
) -> None:
    issue(callers, client)
    assert opens(callers, client, client["client_secret"], timedelta(hours=23, minutes=59))
    assert not opens(callers, client, client["client_secret"], timedelta(hours=24, seconds=1))


@pytest.mark.parametrize("hours", [-1, 169, 1.5, "24", None])
def test_an_overlap_is_a_week_at_most(
    callers: Callers, client: dict[str, str], hours: object
) -> None:
    refused = callers.operator.post(secrets_of(client), {"overlap_hours": hours})
    assert told(refused, 422)["errors"][0]["pointer"] == "#/overlap_hours"


def test_there_are_two_secrets_at_most(callers: Callers, client: dict[str, str]) -> None:
    issue(callers, client)
    assert told(callers.operator.post(secrets_of(client), {}), 409)["code"] == "two-secrets"


def test_a_secret_is_shown_once(callers: Callers, client: dict[str, str]) -> None:
    key = {"Idempotency-Key": '"a new secret"'}
    first = told(callers.operator.post(secrets_of(client), {}, **key), 201)
    again = told(callers.operator.post(secrets_of(client), {}, **key), 201)
    assert again == first | {"client_secret": None}
    assert told(callers.operator.post(secrets_of(client), {}, **{"Idempotency-Key": "x y"}), 400)


def test_a_list_of_secrets_tells_their_times_and_opens_nothing(
    callers: Callers, client: dict[str, str]
) -> None:
    newer = issue(callers, client, overlap_hours=1)
    assert opens(callers, client, newer["client_secret"], timedelta())
    answer = callers.operator.get(secrets_of(client))
    first, second = told(answer)["items"]
    assert set(first) == {"secret_id", "made_at", "ends_at", "last_used_at", "live"}
    assert (first["last_used_at"], second["ends_at"]) == (None, None)
    assert second["secret_id"] == newer["secret_id"]
    used = datetime.fromisoformat(second["last_used_at"])
    assert abs(datetime.now(UTC) - used) < timedelta(minutes=2)
    for secret in (client["client_secret"], newer["client_secret"]):
        assert secret not in answer.text
        assert sha256(secret.encode()).hexdigest() not in answer.text


def test_a_secret_can_be_ended_at_once_but_not_the_last_one(
    callers: Callers, client: dict[str, str]
) -> None:
    newer, path = issue(callers, client), secrets_of(client)
    first = told(callers.operator.get(path))["items"][0]["secret_id"]
    told(callers.operator.delete(f"{path}/{first}", of=path))
    assert not opens(callers, client, client["client_secret"], timedelta())
    assert opens(callers, client, newer["client_secret"], timedelta())
    refused = callers.operator.delete(f"{path}/{newer['secret_id']}", of=path)
    assert told(refused, 409)["code"] == "last-secret"
    assert callers.operator.delete(f"{path}/{first}", of=path).status_code == 404


def test_neither_tables_nor_events_nor_history_hold_what_opens_anything(
    callers: Callers, client: dict[str, str]
) -> None:
    newer = issue(callers, client)["client_secret"]
    with callers.kit.engine.connect() as connection:
        row = connection.execute(
            sa.select(clients).where(clients.c.client_id == client["client_id"])
        ).one()
        events = connection.execute(
            sa.text("SELECT data::text FROM events WHERE stream = :s"),
            {"s": f"client-{client['client_id']}"},
        ).scalars()
        stored = f"{row}{list(events)}"
    assert client["client_secret"] not in stored
    assert newer not in stored
    assert sha256(newer.encode()).hexdigest() in stored
    history = callers.operator.get(f"/v1/clients/{client['client_id']}/history")
    assert [entry["version"] for entry in told(history)["items"]] == [1, 2]
    assert sha256(newer.encode()).hexdigest() not in history.text
    assert sha256(client["client_secret"].encode()).hexdigest() not in history.text


def test_nothing_about_clients_is_published(callers: Callers, client: dict[str, str]) -> None:
    issue(callers, client)
    for caller in (callers.service, callers.operator):
        feed = caller.get(f"/events?subject=client-{client['client_id']}")
        assert (feed.status_code, feed.json) == (200, [])
        assert "client." not in caller.get("/events?limit=200").text


def test_a_client_of_before_secrets_had_ids_still_gets_its_tokens(
    callers: Callers, client: dict[str, str]
) -> None:
    old, digest = "an-old-secret", sha256(b"an-old-secret").hexdigest()
    kept = {"first": {"digest": digest, "made_at": "2026-01-01T00:00:00+00:00", "ends_at": None}}
    with callers.kit.engine.connect() as connection:
        connection.execute(
            sa.update(clients)
            .where(clients.c.client_id == client["client_id"])
            .values(secrets=kept)
        )
    assert opens(callers, client, old, timedelta())
    assert not opens(callers, client, "another-secret", timedelta())


@pytest.mark.parametrize("of", ["nobody", "another secret id", "no secret id", "the client"])
def test_every_refused_secret_is_compared_once_in_constant_time(
    callers: Callers, client: dict[str, str], monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    lengths: list[tuple[int, int]] = []

    def watched(one: str, other: str) -> bool:
        lengths.append((len(one), len(other)))
        return compare_digest(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    wrong = client["client_secret"][:-2] + "__"
    client_id, secret = {
        "nobody": ("client-unknown", wrong),
        "another secret id": (client["client_id"], f"nts_000000000000_{wrong[17:]}"),
        "no secret id": (client["client_id"], "secret"),
        "the client": (client["client_id"], wrong),
    }[of]
    assert authenticate(callers.kit.engine, client_id, secret, datetime.now(UTC)) is None
    assert lengths == [(64, 64)]


def test_a_secret_of_another_client_opens_nothing(callers: Callers, client: dict[str, str]) -> None:
    other = told(callers.operator.post("/v1/clients", BODY), 201)
    assert not opens(callers, client, other["client_secret"], timedelta())
    id_of_one = client["client_secret"][:17]
    assert not opens(callers, client, id_of_one + other["client_secret"][17:], timedelta())


def test_settings_of_the_registry_are_never_shown_with_their_secrets(
    environment: dict[str, str],
) -> None:
    shown = repr(Settings.from_env(environment))
    assert environment["MASTER_KEY"] not in shown
    assert environment["DATABASE_URL"] not in shown
