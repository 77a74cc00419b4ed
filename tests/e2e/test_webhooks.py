"""Signed calls to the receiver that the example starts, verified again as a receiver would."""

import json
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from tests.e2e.api import Json
from tests.e2e.installation import Installation, until
from tests.e2e.network import new_network, plan_meeting


def calls(installation: Installation) -> list[Json]:
    kept = Path(installation.run_file["webhooks"]["calls"])
    return [json.loads(line) for line in kept.read_text("utf-8").splitlines()]


def call_about(installation: Installation, meeting_id: str, event: str) -> Json:
    """The call that told of something that happened to a meeting."""

    def found() -> list[Json]:
        bodies = [(call, json.loads(call["body"])) for call in calls(installation)]
        return [
            call
            for call, body in bodies
            if body["type"] == event and body["data"]["meeting_id"] == meeting_id
        ]

    return until(found)[0]


def secret(installation: Installation) -> str:
    return Path(installation.run_file["webhooks"]["secrets"]).read_text("ascii").split()[-1]


def signed(call: Json) -> dict[str, str]:
    return {name.lower(): value for name, value in call["headers"].items()}


def test_a_new_meeting_is_told_in_a_call_whose_signature_holds(installation: Installation) -> None:
    meeting_id = plan_meeting(installation, new_network(installation, members=0))
    call = call_about(installation, meeting_id, "meeting.planned.v1")
    told = Webhook(secret(installation)).verify(call["body"], signed(call))
    assert told["data"]["meeting_id"] == meeting_id
    assert "title" not in told["data"]


def test_a_changed_call_does_not_pass(installation: Installation) -> None:
    meeting_id = plan_meeting(installation, new_network(installation, members=0))
    call = call_about(installation, meeting_id, "meeting.planned.v1")
    with pytest.raises(WebhookVerificationError):
        Webhook(secret(installation)).verify(f"{call['body']} ", signed(call))


def test_the_receiver_could_verify_every_call_about_the_example(installation: Installation) -> None:
    until(lambda: {"results.published.v1", "invitations.opened.v2"} <= types(installation))
    assert all(call["verified"] for call in calls(installation))


def types(installation: Installation) -> set[str]:
    return {json.loads(call["body"])["type"] for call in calls(installation)}
