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


@pytest.fixture(scope="module")
def world(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An installation with limits, and a meeting that people can register for."""
    with ExitStack() as made:
        folder = tmp_path_factory.mktemp("limited")
        yield World(made.enter_context(open_site(maker(postgres, made), folder, **LIMITS)))


def sign_up(world: World, ags: str, name: str, email: str) -> httpx.Response:
    meeting = world.of("meeting.open")["meeting_id"]
    body = {"side": "administration", "party": party(ags), "name": name, "email": email}
    path = f"/v1/meetings/{meeting}/registrations"
    return world.site.ask(Who("municipality", ags), "meetings", "POST", path, json=body)


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
