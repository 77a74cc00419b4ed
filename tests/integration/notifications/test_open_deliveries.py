"""Operators see how many deliveries wait, and for how long the oldest should have been made."""

from datetime import timedelta

import sqlalchemy as sa

from contracts.events.notifications import Channel
from eventkit.database import session
from notifications.delivery.claims import Claims
from notifications.delivery.gauges import open_deliveries
from notifications.projection.deliveries import deliveries
from tests.integration.notifications.world import World, cohort, town

HOUR = timedelta(hours=1)


def numbers(world: World) -> dict[str, float]:
    """What is told of mails."""
    with session(world.kit.engine) as connection:
        return {
            sample.name: sample.value
            for metric in open_deliveries(connection)
            for sample in metric.samples
            if sample.labels == {"channel": "mail"}
        }


def invite(world: World) -> None:
    """One delivery that was due an hour ago."""
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    world.open_meeting(group)
    earlier = {"due_at": deliveries.c.due_at - HOUR}
    with session(world.kit.engine) as connection:
        connection.execute(
            sa.update(deliveries).where(deliveries.c.recipient_id == contact).values(earlier)
        )


def test_what_nobody_sends_is_late_and_what_was_sent_is_not(world: World) -> None:
    world.send()
    assert numbers(world) == {"deliveries_open": 0, "delivery_overdue_seconds": 0}
    invite(world)
    told = numbers(world)
    assert told["deliveries_open"] == 1
    assert 3600 <= told["delivery_overdue_seconds"] < 3700
    world.send()
    assert numbers(world) == {"deliveries_open": 0, "delivery_overdue_seconds": 0}


def test_what_a_worker_holds_is_late_and_what_was_put_off_is_not(world: World) -> None:
    world.send()
    invite(world)
    claims = Claims(world.kit, Channel.MAIL, timedelta(minutes=5))
    (taken,) = claims.take(10)
    assert numbers(world)["delivery_overdue_seconds"] >= 3600
    claims.release([taken["delivery_id"]], after=timedelta(hours=20))
    assert numbers(world) == {"deliveries_open": 1, "delivery_overdue_seconds": 0}
