"""Words for the examples in the description of notifications."""

from typing import Any

WORDS: dict[str, Any] = {
    "endpoint_id": "1a2b3c4d-5e6f-4071-8293-a4b5c6d7e8f9",
    "url": "https://empfang.musterstadt.example.org/netztreff",
    "event_types": ["meeting.*"],
    "EndpointView.state": "active",
    "disabled_reason": None,
    "older_secret_until": None,
    "secret": "whsec_d2lyZC1udXItZWlubWFsLWdlemVpZ3Q=",
    "delivery_id": "9f8e7d6c-5b4a-4392-8170-6f5e4d3c2b1a",
    "channel": "webhook",
    "notice": "event",
    "recipient_kind": "endpoint",
    "recipient_id": "1a2b3c4d-5e6f-4071-8293-a4b5c6d7e8f9",
    "meeting_id": "6c1d8a52-0f3e-4b7a-9c25-1d4e7f8a9b01",
    "sequence": 0,
    "cause_id": "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f0",
    "cause_type": "meeting.scheduled.v1",
    "DeliveryView.state": "delivered",
    "attempts": 1,
    "DeliveryView.code": None,
    "due_at": None,
    "HistoryEntry.type": "endpoint.registered.v1",
}
