"""Leases on deliveries: one worker at a time, taken over when it died."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa

from contracts.events.notifications import Channel
from eventkit.recorded import Context
from notifications.delivery.claims import Claims
from notifications.projection.deliveries import deliveries
from tests.integration.notifications.world import World, appointed, cohort, town

LEASE = timedelta(minutes=1)


def invited(world: World, count: int) -> set[UUID]:
    group, party = cohort(), town()
    world.accept(group.id, party)
    people = [uuid4() for _ in range(count)]
    for person in people:
        world.registry.happen(f"contact-{person}", appointed(person, party))
    world.registry.consumer.step()
    meeting = world.open_meeting(group)
    assert len(world.log(meeting_id=meeting)) == len(people)
    return {row["delivery_id"] for row in world.log(meeting_id=meeting)}


def claims(world: World, lease: timedelta = LEASE) -> Claims:
    return Claims(world.kit, Channel.MAIL, lease)


def take_all(world: World, lease: timedelta = LEASE) -> list[UUID]:
    return [row["delivery_id"] for row in claims(world, lease).take(500)]


def test_workers_at_the_same_moment_share_the_work(world: World) -> None:
    wanted = invited(world, 300)
    with ThreadPoolExecutor(8) as workers:
        shares = [workers.submit(take_to_the_end, world) for _ in range(8)]
        taken = [one for share in shares for one in share.result()]
    assert len(taken) == len(set(taken))
    assert wanted <= set(taken)


def take_to_the_end(world: World) -> list[UUID]:
    mine, taken = claims(world), []
    while rows := mine.take(2):
        taken += [row["delivery_id"] for row in rows]
    return taken


def test_what_is_leased_is_not_taken_again(world: World) -> None:
    wanted = invited(world, 3)
    assert wanted <= set(take_all(world))
    assert not wanted & set(take_all(world))


def test_the_work_of_a_dead_worker_is_taken_over(world: World) -> None:
    wanted = invited(world, 3)
    assert wanted <= set(take_all(world, timedelta()))
    assert wanted <= set(take_all(world))


def test_a_worker_that_lost_its_lease_releases_nothing(world: World) -> None:
    wanted = invited(world, 2)
    late = claims(world, timedelta())
    late.take(500)
    assert wanted <= set(take_all(world))
    late.release(list(wanted))
    assert not wanted & set(take_all(world))


def test_what_is_released_is_free_at_once_or_after_a_while(world: World) -> None:
    first, second = sorted(invited(world, 2))
    mine = claims(world)
    mine.take(500)
    mine.release([first])
    mine.release([second], after=timedelta(seconds=30))
    taken = take_all(world)
    assert first in taken
    assert second not in taken


def test_a_row_that_somebody_is_busy_with_is_passed_over(world: World) -> None:
    first, second = sorted(invited(world, 2))
    busy = sa.select(deliveries).where(deliveries.c.delivery_id == first).with_for_update()
    with world.kit.unit(Context(actor="test")) as unit:
        unit.sql.execute(busy)
        taken = take_all(world)
    assert second in taken
    assert first not in taken
