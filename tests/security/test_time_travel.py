"""The past is shown to whom the present is shown, without what was erased since (S32)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa

from contracts.events.registry import Party, PartyKind
from eventkit.recorded import Context
from registry.domain.contact import CONTACT, Address, AppointContact
from tests.security.conftest import Count
from tests.security.past import (
    MODERATOR,
    ORGANISER,
    PFORZHEIM,
    RECORD,
    SECRET_URL,
    STARTS_AT,
    TIMES,
    change,
    code,
    history,
    meetings,
    shown,
)
from tests.security.site import NOBODY, SERVICES, Site, Who, create


@pytest.fixture(scope="module")
def steps(site: Site) -> tuple[str, list[httpx.Response]]:
    """A meeting, and how it was shown after each of its events."""
    body = {"kind": "network_meeting", "title": "Treffen", "mode": "in_person"}
    meeting = f"/v1/meetings/{create(site, ORGANISER, 'meetings', '/v1/meetings', body)}"
    seen = [shown(site, meeting)]
    ends_at = STARTS_AT + timedelta(hours=3)
    later = {"starts_at": STARTS_AT.isoformat(), "ends_at": ends_at.isoformat()}
    items = [{"title": "Begrüßung", "kind": "welcome", "starts_at": STARTS_AT.isoformat()}]
    for method, part, told in (
        ("POST", "schedule", later),
        ("PUT", "agenda", {"items": items}),
        ("PUT", "place", {"venue": "Rathaus", "join_url": SECRET_URL}),
        ("POST", "cancel", {"reason": "Hochwasser"}),
    ):
        change(site, meeting, method, part, told)
        seen.append(shown(site, meeting))
    return meeting, seen


def test_every_earlier_state_is_shown_as_it_was_seen(
    site: Site, steps: tuple[str, list[httpx.Response]], count: Count
) -> None:
    meeting, seen = steps
    entries = history(site, meeting)
    assert [entry["version"] for entry in entries] == [1, 2, 3, 4, 5]
    for name in TIMES:
        for entry, then in zip(entries, seen, strict=True):
            at = {name: entry["recorded_at"]}
            # The database's clock says `recorded_at`, the service's clock `occurred_at`.
            at = {name: entry["occurred_at"]} if name == "as_of" else at
            answer = shown(site, meeting, **at)
            assert (answer.content, answer.headers["ETag"]) == (then.content, then.headers["ETag"])
            known = {"If-None-Match": then.headers["ETag"]}
            again = meetings(site, ORGANISER, "GET", meeting, params=at, headers=known)
            assert again.status_code == 304
    count("earlier states shown as they were seen", 2 * len(seen))


def test_before_its_first_event_a_thing_is_absent(
    site: Site, steps: tuple[str, list[httpx.Response]]
) -> None:
    meeting, _ = steps
    for name in TIMES:
        assert code(shown(site, meeting, **{name: "2020-01-01T00:00:00Z"})) == (404, "not-found")


def test_a_time_to_come_is_now(site: Site, steps: tuple[str, list[httpx.Response]]) -> None:
    meeting, seen = steps
    for name in TIMES:
        answer = shown(site, meeting, **{name: "2198-01-01T00:00:00+01:00"})
        assert answer.headers["ETag"] == seen[-1].headers["ETag"]


def test_the_agenda_is_shown_as_it_was(site: Site, steps: tuple[str, list[httpx.Response]]) -> None:
    meeting, _ = steps
    before, after = (entry["occurred_at"] for entry in history(site, meeting)[1:3])
    assert shown(site, f"{meeting}/agenda", as_of=before).json()["items"] == []
    assert shown(site, f"{meeting}/agenda", as_of=after).json()["revision"] == 1


def test_what_was_recorded_afterwards_was_true_then_and_unknown_then(site: Site) -> None:
    meeting = "/v1/meetings/" + create(site, ORGANISER, "meetings", "/v1/meetings/records", RECORD)
    (entry,) = history(site, meeting)
    assert entry["occurred_at"] == "2020-10-16T15:00:00+00:00"
    assert entry["recorded_at"] > "2026"
    then, yet = "2020-12-31T00:00:00Z", "2025-12-31T00:00:00Z"
    assert shown(site, meeting, as_of=then).json()["title"] == RECORD["title"]
    assert shown(site, meeting, as_of=then, known_at=entry["recorded_at"]).status_code == 200
    assert code(shown(site, meeting, as_of=then, known_at=yet)) == (404, "not-found")
    assert code(shown(site, meeting, known_at=yet)) == (404, "not-found")
    assert code(shown(site, meeting, as_of="2020-10-16T14:59:59Z")) == (404, "not-found")


@pytest.mark.parametrize("name", TIMES)
@pytest.mark.parametrize(
    "text",
    [
        "2020-10-16T14:00:00 02:00",
        "2020-10-16T14:00:00",
        "2020-10-16",
        "20201016T140000Z",
        "2020-10-16T25:00:00Z",
        "2020-02-30T00:00:00Z",
        "٢٠٢٠-10-16T14:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "1602849600",
        "now",
        "",
    ],
)
def test_what_is_no_time_is_400(
    site: Site, steps: tuple[str, list[httpx.Response]], name: str, text: str, count: Count
) -> None:
    answer = shown(site, steps[0], **{name: text})
    assert code(answer) == (400, "bad-time")
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [name]
    count("texts that are no time", 1)


def test_a_bare_plus_is_explained(site: Site, steps: tuple[str, list[httpx.Response]]) -> None:
    answer = meetings(site, ORGANISER, "GET", f"{steps[0]}?as_of=2020-10-16T14:00:00+02:00")
    assert code(answer) == (400, "bad-time")
    assert "%2B" in answer.json()["errors"][0]["detail"]
    assert meetings(
        site, ORGANISER, "GET", f"{steps[0]}?as_of=2198-10-16T14:00:00%2B02:00"
    ).is_success


def test_a_misspelt_time_is_not_taken_for_now(
    site: Site, steps: tuple[str, list[httpx.Response]]
) -> None:
    assert shown(site, steps[0], asof="2020-01-01T00:00:00Z").status_code == 422


def untimed(document: dict[str, Any]) -> Iterator[str]:
    """Addresses below /v1 that are read, and not as of a time."""
    for path, item in document["paths"].items():
        operation = item.get("get", {"parameters": [{"name": "as_of"}]})
        names = [parameter.get("name") for parameter in operation.get("parameters", [])]
        if path.startswith("/v1") and "as_of" not in names:
            yield path


@pytest.mark.parametrize("service", SERVICES)
def test_where_no_single_stream_answers_a_time_is_refused(
    site: Site, service: str, count: Count
) -> None:
    paths = list(untimed(site.document(service)))
    assert paths
    for path in paths:
        address = path.format_map(SomeIds())
        for name in TIMES:
            for who in (ORGANISER, Who("operator"), Who("service")):
                query = {name: "2020-01-01T00:00:00Z"}
                answer = site.ask(who, service, "GET", address, params=query)
                if answer.status_code != 403:
                    assert code(answer) == (400, "as-of-not-supported"), address
                    assert answer.json()["errors"][0]["parameter"] == name
    count("routes that refuse a time", len(paths))


class SomeIds(dict[str, str]):
    """An id for every argument of a path."""

    def __missing__(self, _: str) -> str:
        return str(uuid4())


def test_an_erased_person_stays_erased_at_every_time(site: Site) -> None:
    contact_id = uuid4()
    command = AppointContact(
        contact_id=contact_id,
        party=Party(kind=PartyKind.DISTRICT, key="08116"),
        role="Integrationsbeauftragte:r",
        purpose="Netzwerk",
        address=Address(name="Kontakt", email="weg@example.org"),
    )
    registry = site.kits["registry"]
    # Appointed by hand: the server has never seen the key, and so keeps none.
    registry.execute(CONTACT, contact_id, command, context=Context(actor="operator"))
    erase(site, contact_id)
    path = f"/v1/contacts/{contact_id}"
    (entry,) = history(site, path, service="registry")
    assert entry["withheld"] == ["email", "name", "phone"]
    for at in ({}, {"as_of": entry["occurred_at"]}, {"known_at": entry["recorded_at"]}):
        answer = site.ask(ORGANISER, "registry", "GET", path, params=at).json()
        assert (answer["name"], answer["email"]) == (None, None)
        assert answer["role"] == command.role


def erase(site: Site, person: UUID) -> None:
    urls = site.databases["registry"].migration_environment()
    owner = sa.create_engine(
        sa.make_url(urls["MIGRATION_KEY_DATABASE_URL"]).set(drivername="postgresql+psycopg"),
        poolclass=sa.NullPool,
    )
    forgotten = "UPDATE person_keys SET wrapped = NULL, erased_at = now() WHERE person = :who"
    with owner.begin() as connection:
        assert connection.execute(sa.text(forgotten), {"who": str(person)}).rowcount == 1


def test_a_history_comes_in_pages_that_belong_to_their_reader(
    site: Site, steps: tuple[str, list[httpx.Response]]
) -> None:
    where = f"{steps[0]}/history"
    seen, cursor = [], None
    for _ in range(3):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = shown(site, where, **query).json()
        seen += [entry["version"] for entry in page["items"]]
        cursor = page["next"] or cursor
    assert (seen, page["next"]) == ([1, 2, 3, 4, 5], None)
    for who in (PFORZHEIM, MODERATOR):
        assert code(shown(site, where, who, cursor=str(cursor))) == (400, "bad-cursor")
    other = create(site, ORGANISER, "meetings", "/v1/meetings/records", RECORD)
    answer = shown(site, f"/v1/meetings/{other}/history", cursor=str(cursor))
    assert code(answer) == (400, "bad-cursor")
    assert meetings(site, NOBODY, "GET", where).status_code == 401
