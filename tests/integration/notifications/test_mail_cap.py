"""Nobody gets more than so many mails in 24 hours; what is above that waits and arrives."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import prometheus_client
import pytest
import sqlalchemy as sa

from contracts.events.meetings import MeetingCancelled
from eventkit.database import session
from notifications.projection.deliveries import deliveries
from notifications.settings import settings_of
from notifications.tables import claims
from tests.integration.notifications.world import World, cohort, town

DAY = timedelta(hours=24)
Cap = Callable[[int], None]


@pytest.fixture
def cap(world: World, monkeypatch: pytest.MonkeyPatch) -> Cap:
    def to(most: int) -> None:
        settings = replace(settings_of(world.kit), mails_per_recipient_per_day=most)
        monkeypatch.setattr(world.kit, "settings", settings)

    return to


def invited(world: World, times: int) -> tuple[list[UUID], UUID]:
    """Meetings that all invite the same person."""
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    return [world.open_meeting(group) for _ in range(times)], contact


def send_later(world: World, contact: UUID) -> None:
    """As if the mails of the same batch had been long ago enough to look again."""
    world.let_time_pass(contact)
    world.send()


def let_a_day_pass(world: World, contact: UUID) -> None:
    """What was sent was sent a day earlier."""
    mine = deliveries.c.recipient_id == contact
    earlier = {"finished_at": deliveries.c.finished_at - DAY}
    with session(world.kit.engine) as connection:
        connection.execute(deliveries.update().where(mine).values(earlier))


def held_until(world: World, contact: UUID) -> set[datetime]:
    query = sa.select(claims.c.leased_until).where(claims.c.recipient_id == contact)
    with session(world.kit.engine) as connection:
        return set(connection.scalars(query))


def held() -> float:
    return prometheus_client.REGISTRY.get_sample_value("deliveries_held_total", CHANNEL) or 0.0


CHANNEL = {"channel": "mail"}


def test_mails_above_the_cap_wait_until_the_oldest_is_a_day_old_and_then_arrive(
    world: World, cap: Cap
) -> None:
    cap(3)
    _, contact = invited(world, 5)
    before = held()
    world.send()
    assert len(world.mails_to(contact)) == 3
    assert held() == before + 2
    send_later(world, contact)
    assert len(world.mails_to(contact)) == 3
    rows = world.log(recipient_id=contact)
    oldest = min(row["finished_at"] for row in rows if row["finished_at"])
    (until,) = {round(one.timestamp()) for one in held_until(world, contact)}
    assert abs(until - (oldest + DAY).timestamp()) <= 5
    waiting = [(row["state"], row["attempts"]) for row in rows if not row["finished_at"]]
    assert waiting == [("queued", 0)] * 2
    let_a_day_pass(world, contact)
    send_later(world, contact)
    assert len(world.mails_to(contact)) == 5


def test_who_gets_many_mails_holds_up_nobody_else(world: World, cap: Cap) -> None:
    cap(1)
    _, busy = invited(world, 3)
    _, other = invited(world, 1)
    world.send()
    assert [len(world.mails_to(person)) for person in (busy, other)] == [1, 1]


def test_that_a_meeting_is_off_is_told_whatever_came_before(world: World, cap: Cap) -> None:
    cap(1)
    (meeting,), contact = invited(world, 1)
    world.send()
    cancelled = MeetingCancelled(meeting_id=meeting, reason="Krankheit")
    world.meetings.tell(f"meeting-{meeting}", cancelled)
    world.send()
    subjects = [mail.message["Subject"].split(":")[0] for mail in world.mails_to(contact)]
    assert subjects == ["Einladung", "Abgesagt"]


def test_without_a_cap_nothing_waits(world: World, cap: Cap) -> None:
    cap(0)
    _, contact = invited(world, 25)
    world.send()
    assert len(world.mails_to(contact)) == 25
