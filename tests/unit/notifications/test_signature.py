"""Signatures and bodies of webhooks."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from notifications.webhook.payload import body
from notifications.webhook.signature import headers, new_secret, sign
from tests.unit.notifications.facts import DELIVERY_ID, MEETING_ID

BODY = b'{"type":"meeting.cancelled.v1"}'
NOW = datetime.now(UTC)


def test_the_standards_own_example_is_signed_the_same() -> None:
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_secret_has_32_random_bytes() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(b64decode(first.removeprefix("whsec_"))) == 32


def test_the_standards_library_verifies_ours() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, headers(DELIVERY_ID, BODY, [secret], datetime.now(UTC)))


def test_during_a_rotation_both_secrets_verify() -> None:
    old, new = new_secret(), new_secret()
    sent = headers(DELIVERY_ID, BODY, [new, old], datetime.now(UTC))
    assert Webhook(old).verify(BODY, sent)
    assert Webhook(new).verify(BODY, sent)


@pytest.mark.parametrize("changed", [BODY + b" ", BODY.replace(b"1", b"2")])
def test_a_changed_body_does_not_verify(changed: bytes) -> None:
    secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(changed, headers(DELIVERY_ID, BODY, [secret], datetime.now(UTC)))


def test_an_old_call_does_not_verify() -> None:
    secret = new_secret()
    old = headers(DELIVERY_ID, BODY, [secret], NOW - timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, old)


def test_every_attempt_has_the_same_id_and_its_own_time() -> None:
    secret = new_secret()
    first = headers(DELIVERY_ID, BODY, [secret], NOW)
    second = headers(DELIVERY_ID, BODY, [secret], NOW + timedelta(seconds=5))
    assert first["webhook-id"] == second["webhook-id"]
    assert "." not in first["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 5
    assert first["webhook-signature"] != second["webhook-signature"]


def test_a_body_has_type_time_and_data() -> None:
    then = datetime(2020, 10, 16, 10, 0, tzinfo=UTC)
    sent = orjson.loads(body("meeting.cancelled.v1", then, {"meeting_id": str(MEETING_ID)}))
    assert sent == {
        "type": "meeting.cancelled.v1",
        "timestamp": "2020-10-16T10:00:00Z",
        "data": {"meeting_id": str(MEETING_ID)},
    }


def test_a_webhook_carries_ids_and_nothing_that_the_api_would_ask_a_role_for() -> None:
    told = {
        "meeting_id": str(MEETING_ID),
        "host_ags": "08111000",
        "party": {"kind": "municipality", "key": "08111000"},
        "join_url": "https://example.org/geheim",
        "reason": "Krankheit",
        "statement": "ä" * 20_000,
    }
    sent = orjson.loads(body("story.told.v1", NOW, told))
    assert sent["data"] == {name: told[name] for name in ("meeting_id", "host_ags", "party")}
