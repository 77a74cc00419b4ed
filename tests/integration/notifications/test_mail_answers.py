"""What the mail server's answers lead to."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.notifications.letters import invited, outcome
from tests.integration.notifications.world import (
    World,
    cohort,
    town,
)


@pytest.mark.parametrize("answer", ["450 later", "451 local error", "452 full", "421 closing"])
def test_a_server_that_says_later_is_asked_again_later(world: World, answer: str) -> None:
    _, contact = invited(world)
    address = f"{contact}@example.org"
    world.mailbox.refusals[address] = answer
    world.send()
    state, attempts, code = outcome(world, contact)
    assert (state, attempts, code) == ("retrying", 1, f"smtp_{answer[:3]}")
    del world.mailbox.refusals[address]
    world.let_time_pass(contact)
    world.send()
    assert outcome(world, contact) == ("delivered", 2, None)


def test_a_postponed_mail_waits_five_minutes_at_least(world: World) -> None:
    _, contact = invited(world)
    world.mailbox.refusals[f"{contact}@example.org"] = "450 greylisted"
    begun = datetime.now(UTC)
    world.send()
    (row,) = world.log(recipient_id=contact)
    assert row["due_at"] >= begun + timedelta(minutes=5)


def test_a_mail_whose_answer_is_lost_comes_once_more_under_the_same_id(world: World) -> None:
    _, contact = invited(world)
    world.mailbox.unanswered.add(f"{contact}@example.org")
    world.send()
    assert outcome(world, contact)[2] == "connection_lost"
    for _ in range(2):
        world.let_time_pass(contact)
        world.send()
    assert outcome(world, contact)[0] == "delivered"
    first, second = (mail.message["Message-ID"] for mail in world.mails_to(contact))
    assert first == second


@pytest.mark.parametrize("answer", ["550 unknown", "552 too big", "553 bad"])
def test_a_server_that_says_never_is_not_asked_again(world: World, answer: str) -> None:
    _, contact = invited(world)
    world.mailbox.refusals[f"{contact}@example.org"] = answer
    world.send()
    assert outcome(world, contact) == ("abandoned", 1, f"smtp_{answer[:3]}")


def test_a_recipient_who_is_refused_does_not_hold_up_the_others(world: World) -> None:
    group, party = cohort(), town()
    world.accept(group.id, party)
    people = [world.contact(party) for _ in range(3)]
    world.mailbox.refusals[f"{people[1]}@example.org"] = "550 unknown"
    world.open_meeting(group)
    world.send()
    assert [len(world.mails_to(person)) for person in people] == [1, 0, 1]
