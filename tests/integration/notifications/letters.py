"""Somebody who is written to, and what became of it."""

from uuid import UUID

from tests.integration.notifications.world import (
    World,
    cohort,
    town,
)


def invited(world: World, title: str = "Netzwerktreffen") -> tuple[UUID, UUID]:
    """A meeting and somebody whom it invites."""
    group, party = cohort(), town()
    world.accept(group.id, party)
    contact = world.contact(party)
    return world.open_meeting(group, title=title), contact


def outcome(world: World, recipient: UUID) -> tuple[str, int, str | None]:
    row = world.log(recipient_id=recipient)[-1]
    return row["state"], row["attempts"], row["code"]
