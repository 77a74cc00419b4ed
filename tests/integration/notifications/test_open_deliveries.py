"""Operators see how many deliveries wait, and for how long the oldest should have been made."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa

from contracts.events.notifications import Channel
from eventkit.database import session
from notifications.delivery.claims import Claims
from notifications.delivery.gauges import open_deliveries
from notifications.projection.deliveries import deliveries
from notifications.settings import settings_of
from notifications.tables import claims
from tests.integration.notifications.world import World, cohort, town

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _nothing_waits(world: World) -> None:
    """What other tests left behind goes out."""
    with session(world.kit.engine) as connection:
        connection.execute(claims.delete())
    world.send()


def numbers(world: World) -> dict[str, float]:
    """What is told of mails."""
    with session(world.kit.engine) as connection:
        return {
            sample.name: sample.value
            for metric in open_deliveries(connection)
            for sample in metric.samples
            if sample.labels == {"channel": "mail"}
        }


def invite(world: World, meetings: int = 1) -> None:
    """Deliveries to one person that were due an hour ago."""
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    for _ in range(meetings):
        world.open_meeting(group)
    earlier = {"due_at": deliveries.c.due_at - HOUR}
    with session(world.kit.engine) as connection:
        connection.execute(
            sa.update(deliveries).where(deliveries.c.recipient_id == contact).values(earlier)
        )


def test_what_nobody_sends_is_late_and_what_was_sent_is_not(world: World) -> None:
    assert numbers(world) == {"deliveries_open": 0, "delivery_overdue_seconds": 0}
    invite(world)
    told = numbers(world)
    assert told["deliveries_open"] == 1
    assert 3600 <= told["delivery_overdue_seconds"] < 3700
    world.send()
    assert numbers(world) == {"deliveries_open": 0, "delivery_overdue_seconds": 0}


def taken(world: World) -> tuple[Claims, list[UUID]]:
    """What a worker holds of one delivery that was due an hour ago."""
    invite(world)
    mine = Claims(world.kit, Channel.MAIL, timedelta(minutes=5))
    return mine, [row["delivery_id"] for row in mine.take(10)]


def test_what_a_worker_holds_is_late_and_what_was_put_off_is_not(world: World) -> None:
    mine, one = taken(world)
    assert numbers(world)["delivery_overdue_seconds"] >= 3600
    mine.hold(one, timedelta(hours=20))
    assert numbers(world) == {"deliveries_open": 1, "delivery_overdue_seconds": 0}


def test_what_was_put_off_is_not_late_to_the_very_end(world: World) -> None:
    mine, one = taken(world)
    mine.hold(one, timedelta(seconds=20))
    assert numbers(world) == {"deliveries_open": 1, "delivery_overdue_seconds": 0}


def test_what_may_go_out_again_is_late_from_then_on_whatever_is_done_with_it(world: World) -> None:
    mine, one = taken(world)
    mine.hold(one, timedelta())
    assert 0 < numbers(world)["delivery_overdue_seconds"] < 600
    other = Claims(world.kit, Channel.MAIL, timedelta(minutes=5))
    assert [row["delivery_id"] for row in other.take(10)] == one
    assert 0 < numbers(world)["delivery_overdue_seconds"] < 600
    other.release(one)
    assert 0 < numbers(world)["delivery_overdue_seconds"] < 600
    with session(world.kit.engine) as connection:
        connection.execute(claims.update().values(held_until=claims.c.held_until - HOUR / 2))
    assert 1800 <= numbers(world)["delivery_overdue_seconds"] < 2400


def test_what_waits_for_somebody_who_is_away_is_late(world: World) -> None:
    mine, one = taken(world)
    mine.release(one, after=timedelta(minutes=30))
    assert numbers(world)["delivery_overdue_seconds"] >= 3600


def test_what_the_cap_puts_off_for_a_moment_is_not_late(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(settings_of(world.kit), mails_per_recipient_per_day=1)
    monkeypatch.setattr(world.kit, "settings", settings)
    invite(world, meetings=2)
    # The second asks soon whether the first one took its place.
    world.send()
    assert numbers(world) == {"deliveries_open": 1, "delivery_overdue_seconds": 0}
