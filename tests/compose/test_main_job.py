"""The composition does what Netztreff is for, and goes on when each container was restarted."""

import json
from collections.abc import Collection
from functools import partial
from typing import Any

import pytest
from standardwebhooks import Webhook

from local.settings import SERVICES
from tests.compose.composed import CORE, Composed
from tests.compose.network import secrets
from tests.e2e.installation import until
from tests.e2e.network import invite, new_network, plan_meeting
from tests.e2e.test_invitations import INVITED, UPCOMING

pytestmark = pytest.mark.timeout(1800)
ONE_SHOT = ("registry-migrate", "meetings-migrate", "notifications-migrate", "edge-certificate")


def meeting_of_example(composed: Composed) -> str:
    items = composed.api("meetings").items("/v1/meetings")
    (found,) = [item["meeting_id"] for item in items if item["title"] == UPCOMING]
    return str(found)


def until_invited(composed: Composed, meeting_id: str, people: Collection[str]) -> None:
    """Wait until each of them has exactly one mail about the meeting."""

    def recipients() -> list[str]:
        about = [mail for mail in composed.mails() if str(mail.event["UID"]).startswith(meeting_id)]
        return sorted(mail.recipient for mail in about)

    until(lambda: set(recipients()) >= set(people))
    assert recipients() == sorted(people)


def until_called(composed: Composed, meeting_id: str, event: str) -> dict[str, Any]:
    """Wait until the receiver was told of something that happened to the meeting."""

    def found() -> list[dict[str, Any]]:
        bodies = [(call, json.loads(call["body"])) for call in composed.calls()]
        return [
            call
            for call, body in bodies
            if (body["type"], body["data"].get("meeting_id")) == (event, meeting_id)
        ]

    return until(found)[0]


def invite_somebody(composed: Composed) -> str:
    """A meeting of a new network, with mail to its members and a call; returns its id."""
    network = new_network(composed, members=2)
    meeting_id = plan_meeting(composed, network)
    invite(composed, network, meeting_id)
    until_invited(composed, meeting_id, network.members.values())
    until_called(composed, meeting_id, "meeting.planned.v1")
    return meeting_id


def test_every_contact_of_the_example_has_one_invitation_in_the_catchers_mailbox(
    composed: Composed,
) -> None:
    until_invited(composed, meeting_of_example(composed), INVITED)


def test_a_webhook_carries_a_signature_that_holds(composed: Composed) -> None:
    call = until_called(composed, meeting_of_example(composed), "meeting.planned.v1")
    secret = secrets(composed).read_text("ascii").split()[-1]
    assert Webhook(secret).verify(call["body"], call["headers"])


def test_both_replicas_of_every_api_answer_behind_the_proxy(composed: Composed) -> None:
    for name in SERVICES:
        answers = [composed.http.get(f"{composed.url(name)}/openapi.json") for _ in range(8)]
        assert {answer.status_code for answer in answers} == {200}
    network = composed.composition.env.get("EDGE_NETWORK")
    replicas = {f"{network}.{last}:8000" for last in range(11, 17)}
    until(lambda: replicas <= {line["upstream"] for line in composed.logged("edge")})


def test_the_proxy_answers_errors_of_its_own_as_problems(composed: Composed) -> None:
    answer = composed.http.get(composed.url("registry").replace("registry.", "nobody."))
    assert (answer.status_code, answer.headers["Content-Type"]) == (421, "application/problem+json")


def test_prometheus_reaches_every_target(composed: Composed) -> None:
    configured = composed.configuration
    ours = {name for name, one in configured.items() if one["image"].startswith("netztreff-")}
    scraped = ours - set(ONE_SHOT) - {"mail", "webhook-receiver"}

    def up() -> set[str]:
        targets = composed.prometheus("/api/v1/targets")["activeTargets"]
        return {one["labels"].get("host", "") for one in targets if one["health"] == "up"}

    until(lambda: up() >= scraped)
    rules = composed.prometheus("/api/v1/rules")["groups"]
    health = {rule["health"] for group in rules for rule in group["rules"]}
    assert rules
    assert "err" not in health


def test_containers_are_as_the_composition_says(composed: Composed) -> None:
    for name, container in composed.containers().items():
        if name in ("postgres", "kafka"):
            continue
        assert container["HostConfig"]["ReadonlyRootfs"] is True, name
        assert container["HostConfig"]["CapDrop"] == ["ALL"], name
        if container["Config"]["Image"].startswith("netztreff-"):
            assert container["Config"]["User"] == "10001", name


def test_a_service_can_write_nowhere_but_where_it_has_to(composed: Composed) -> None:
    script = "touch /venv/x || touch /x || touch /healthy.sh; id -u; touch /tmp/x && rm /tmp/x"
    for name in ("registry-api", "meetings-consumer", "notifications-worker"):
        assert composed.compose("exec", "-T", name, "sh", "-c", script).strip() == "10001"


def test_migrations_ran_once_and_ended_well(composed: Composed) -> None:
    containers = composed.containers()
    states = {name: containers[name]["State"] for name in ONE_SHOT}
    assert {
        name: (one["Status"], one["ExitCode"]) for name, one in states.items()
    } == dict.fromkeys(ONE_SHOT, ("exited", 0))


def test_every_container_was_restarted_and_everything_goes_on(composed: Composed) -> None:
    before = invite_somebody(composed)
    running = {name: one for name, one in composed.containers().items() if name not in ONE_SHOT}
    assert {"postgres", "kafka", *CORE} <= set(running)
    # Last, for it lives in the network of the worker that was restarted before it.
    names = sorted(running, key=lambda name: (name == "webhook-receiver", name))
    for name in names:
        composed.step(f"restarted {name}", partial(restart, composed, name))
    after = invite_somebody(composed)
    shown = composed.api("meetings")
    assert [shown.get(f"/v1/meetings/{one}")["state"] for one in (before, after)] == ["open"] * 2
    now = composed.containers()
    times = {name: now[name]["State"]["StartedAt"] for name in names}
    assert not [name for name in names if times[name] == running[name]["State"]["StartedAt"]]
    assert {name: one["RestartCount"] for name, one in now.items()} == dict.fromkeys(now, 0)


def restart(composed: Composed, name: str) -> None:
    composed.compose("restart", name)

    def healthy() -> bool:
        state = composed.containers(name)[name]["State"]
        return bool(state["Running"]) and state["Health"]["Status"] == "healthy"

    until(healthy)
