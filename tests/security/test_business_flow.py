"""S37: what is allowed once is not allowed without end."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from secrets import token_bytes
from uuid import uuid4

import httpx
import pytest

from tests.conftest import maker
from tests.security.conftest import Count
from tests.security.matrix_world import FOREIGN, OWN, World, party
from tests.security.site import NOBODY, Who, open_site

# A tenth of what is usual, so that the tests need a tenth of the requests.
QUOTA, GUESSES = 120, 60
LIMITS = {"RATE_LIMIT_PER_TENANT": f"{QUOTA}/minute", "RATE_LIMIT_PER_ADDRESS": f"{GUESSES}/minute"}
ATTEMPTS = 200
GUESTS = 10
DAY = 24 * 60 * 60


@pytest.fixture(scope="module")
def world(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation with limits, and a meeting that people can register for."""
    with ExitStack() as made:
        folder = tmp_path_factory.mktemp("limited")
        yield World(made.enter_context(open_site(maker(postgres, made), folder, **LIMITS)))


@pytest.fixture(scope="module")
def strict(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation in which a tenant may register few guests a day."""
    with ExitStack() as made:
        folder, quota = tmp_path_factory.mktemp("strict"), str(GUESTS)
        site = open_site(maker(postgres, made), folder, GUESTS_PER_TENANT_PER_DAY=quota)
        yield World(made.enter_context(site))


def sign_up(world: World, ags: str, name: str, email: str, **headers: str) -> httpx.Response:
    meeting = world.of("meeting.open")["meeting_id"]
    body = {"side": "administration", "party": party(ags), "name": name, "email": email}
    path = f"/v1/meetings/{meeting}/registrations"
    return world.site.ask(
        Who("municipality", ags), "meetings", "POST", path, json=body, headers=headers
    )


def test_who_signs_up_people_without_end_is_stopped_and_nobody_else_is(
    world: World, count: Count
) -> None:
    answers = [
        sign_up(world, OWN, f"Erfunden {number}", f"{uuid4()}@example.org")
        for number in range(ATTEMPTS)
    ]
    found = Counter(answer.status_code for answer in answers)
    # What is left of a minute's quota may come back while this runs, never more than once.
    assert found[201] <= 2 * QUOTA
    assert set(found) == {201, 429}
    assert all(int(one.headers["Retry-After"]) > 0 for one in answers if one.status_code == 429)
    assert sign_up(world, FOREIGN, "Gast", f"{uuid4()}@example.org").status_code == 201
    count("people signed up to exhaust a quota", ATTEMPTS)


def test_a_person_is_signed_up_once_however_often_it_is_tried(world: World, count: Count) -> None:
    email = f"{uuid4()}@example.org"
    tried = [
        sign_up(world, FOREIGN, name, email)
        for name in ("Eine Person", "eine person", " Eine  Person", "EINE PERSON", "Eine Person ")
    ]
    assert [one.status_code for one in tried].count(201) == 1
    count("attempts to sign one person up again", len(tried) - 1)


def test_another_name_at_the_same_address_is_another_person(world: World) -> None:
    """As docs/known-limits.md says: nothing counts by address."""
    email = f"{uuid4()}@example.org"
    for name in ("Eine Person", "Andere Person"):
        assert sign_up(world, FOREIGN, name, email).status_code == 201


def test_who_guesses_links_is_told_nothing_and_then_stopped(world: World, count: Count) -> None:
    guessed = [urlsafe_b64encode(token_bytes(48)).decode() for _ in range(ATTEMPTS)]
    answers = [world.site.ask(NOBODY, "meetings", "GET", f"/r/{token}") for token in guessed]
    found = Counter(answer.status_code for answer in answers)
    assert set(found) == {404, 429}
    assert found[404] <= 2 * GUESSES
    pages = {one.text for one in answers if one.status_code == 404}
    assert len(pages) == 1
    count("personal links guessed", ATTEMPTS)


def guest(world: World, ags: str) -> httpx.Response:
    return sign_up(world, ags, "Eine Person", f"{uuid4()}@example.org")


def test_a_tenant_registers_so_many_guests_a_day_and_refusals_do_not_count(
    strict: World, count: Count
) -> None:
    known, key = f"{uuid4()}@example.org", {"Idempotency-Key": f'"{uuid4()}"'}
    first = sign_up(strict, OWN, "Eine Person", known, **key)
    repeated = [sign_up(strict, OWN, "Eine Person", known, **key) for _ in range(GUESTS)]
    assert {(one.status_code, one.content) for one in repeated} == {(201, first.content)}
    again = [sign_up(strict, OWN, "Eine Person", known) for _ in range(GUESTS)]
    assert {one.json()["code"] for one in again} == {"already-registered"}
    answers = [guest(strict, OWN) for _ in range(2 * GUESTS)]
    allowed, refused = answers[: GUESTS - 1], answers[GUESTS - 1 :]
    assert {one.status_code for one in allowed} == {201}
    assert {(one.status_code, one.json()["code"]) for one in refused} == {
        (429, "too-many-registrations")
    }
    late = sign_up(strict, OWN, "Eine Person", known, **key)
    assert (late.status_code, late.content) == (201, first.content)
    assert all(DAY - 600 < int(one.headers["Retry-After"]) <= DAY for one in refused)
    assert guest(strict, FOREIGN).status_code == 201
    count("guests registered to exhaust a quota of a day", len(answers))


def test_who_runs_the_network_registers_guests_without_a_quota(strict: World) -> None:
    path = f"/v1/meetings/{strict.of('meeting.open')['meeting_id']}/registrations"
    for _ in range(GUESTS + 2):
        body = {"side": "guest", "name": "Eine Person", "email": f"{uuid4()}@example.org"}
        answer = strict.site.ask(Who("organiser"), "meetings", "POST", path, json=body)
        assert answer.status_code == 201, answer.text
