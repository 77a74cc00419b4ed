"""What an erasure clears of parked copies, and what it leaves."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest

from contracts.envelope import Message, from_structured
from eventkit.consuming.inbox import Park, Reason
from eventkit.consuming.incoming import Arrival, Unreadable
from eventkit.database import driver, session
from eventkit.parking.erasure import CLEARED, forget_parked
from eventkit.parking.parked import park
from eventkit.unit import Kit
from tests.integration.eventkit.conftest import MakeKit
from tests.integration.eventkit.network import over_feed
from tests.integration.eventkit.wires import SPEAKER

PERSON = str(uuid4())


@pytest.fixture
def message(make_kit: MakeKit) -> Iterator[Message]:
    with over_feed(make_kit) as network:
        yield network.messages(1)[0]


def keep(kit: Kit, arrival: Arrival, reason: Reason = "refused") -> None:
    with session(kit.engine) as connection:
        park(driver(connection), SPEAKER, [Park(arrival, reason, "a detail")])


def forget(kit: Kit) -> int:
    with session(kit.engine) as connection:
        return forget_parked(driver(connection), PERSON)


def copies(kit: Kit) -> list[tuple[bytes, str]]:
    with session(kit.engine) as connection:
        query = "SELECT message, detail FROM parked ORDER BY id"
        return driver(connection).execute(query).fetchall()


def test_what_is_no_event_loses_its_bytes_whoever_is_erased(kit: Kit) -> None:
    keep(kit, Unreadable(raw=b'{"name": "Anna Beispiel"', reason="no JSON"), "unreadable")
    assert forget(kit) == 1
    assert copies(kit) == [(b"", CLEARED)]
    assert forget(kit) == 0


@pytest.mark.parametrize(
    "data",
    [
        b'{"meeting_id": "%s", "name": "Anna Beispiel"}' % PERSON.upper().encode(),
        b'{"meeting_id": "%s"' % PERSON.encode(),
        b"\xff",
    ],
)
def test_an_event_that_does_not_fit_and_names_the_person_loses_its_data(
    kit: Kit, message: Message, data: bytes
) -> None:
    keep(kit, replace(message, data=data))
    assert forget(kit) == 1
    ((copy, detail),) = copies(kit)
    assert (from_structured(copy), detail) == (replace(message, data=b"{}"), CLEARED)
    assert forget(kit) == 0


def test_a_field_that_was_never_declared_is_not_trusted(kit: Kit, message: Message) -> None:
    data = message.data.removesuffix(b"}") + b', "told_by": "%s"}' % PERSON.encode()
    keep(kit, replace(message, data=data), "handler")
    assert forget(kit) == 1


def test_a_published_event_stays_though_it_names_the_person(kit: Kit, message: Message) -> None:
    key = message.subject.removeprefix("sample-").encode()
    kept = replace(message, data=message.data.replace(key, PERSON.encode()))
    keep(kit, kept, "handler")
    assert forget(kit) == 0
    assert from_structured(copies(kit)[0][0]) == kept


def test_what_names_somebody_else_stays(kit: Kit, message: Message) -> None:
    keep(kit, replace(message, data=b'{"meeting_id": "%s"}' % str(uuid4()).encode()))
    assert forget(kit) == 0


def test_a_copy_that_was_spoilt_is_cleared_and_stops_no_erasure(kit: Kit, message: Message) -> None:
    keep(kit, message)
    with session(kit.engine) as connection:
        driver(connection).execute("UPDATE parked SET message = 'spoilt'")
    assert forget(kit) == 1
    assert copies(kit) == [(b"", CLEARED)]
