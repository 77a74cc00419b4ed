"""A small network of a test's own: a programme whose steering group has contacts, and a meeting."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.e2e.api import Json, Reached

STARTS_AT = datetime.now(UTC).replace(microsecond=0) + timedelta(weeks=8)
ENDS_AT = STARTS_AT + timedelta(hours=3)


@dataclass(frozen=True, kw_only=True)
class Network:
    """`members` are the steering group's contacts: their ids and addresses."""

    programme_id: str
    organisation_id: str
    members: Mapping[str, str]


def new_network(installation: Reached, members: int) -> Network:
    registry = installation.api("registry")
    name = f"Erfundenes Netzwerk {uuid4()}"
    programme_id = registry.create("/v1/programmes", {"title": name})["id"]
    organisation = {"name": name, "kind": "association"}
    organisation_id = registry.create("/v1/organisations", organisation)["id"]
    seated = dict(new_member(installation, programme_id, organisation_id) for _ in range(members))
    return Network(programme_id=programme_id, organisation_id=organisation_id, members=seated)


def new_member(installation: Reached, programme_id: str, organisation_id: str) -> tuple[str, str]:
    """Give a new contact a seat in the steering group; returns id and address."""
    registry = installation.api("registry")
    contact = contact_of({"kind": "organisation", "key": organisation_id})
    contact_id = registry.create("/v1/contacts", contact)["id"]
    seat = {"organisation_id": organisation_id, "role": "Sitz der Steuerungsgruppe"}
    path = f"/v1/seats/{registry.create(f'/v1/programmes/{programme_id}/seats', seat)['id']}"
    registry.change("POST", f"{path}/appointment", {"contact_id": contact_id}, of=path)
    return contact_id, contact["email"]


def contact_of(party: Json) -> Json:
    return {
        "party": party,
        "role": "Ansprechstelle",
        "purpose": "Einladungen zu Netzwerktreffen",
        "email": f"{uuid4()}@example.org",
    }


def plan_meeting(installation: Reached, network: Network) -> str:
    """A meeting with a date, to which nobody is invited yet; returns its id."""
    body = {
        "kind": "network_meeting",
        "title": "Netzwerktreffen (erfunden)",
        "mode": "hybrid",
        "programme_id": network.programme_id,
        "starts_at": STARTS_AT.isoformat(),
        "ends_at": ENDS_AT.isoformat(),
    }
    return str(installation.api("meetings").create("/v1/meetings", body)["id"])


def invite(
    installation: Reached, network: Network, meeting_id: str, capacity: int | None = None
) -> None:
    """Invite the steering group."""
    audience = [{"kind": "steering_group", "id": network.programme_id}]
    act(
        installation,
        meeting_id,
        "open-invitations",
        {"audience": audience, "capacity": capacity},
    )


def act(installation: Reached, meeting_id: str, action: str, body: Json | None = None) -> Json:
    """Take a meeting one step further."""
    path = f"/v1/meetings/{meeting_id}"
    return installation.api("meetings").change("POST", f"{path}/{action}", body, of=path)
