"""Each service's AsyncAPI document, with Kafka and without, as its API would serve it."""

from __future__ import annotations

from typing import Any

from contracts.asyncapi import document
from contracts.golden import DECLARED_IN

# Importing the modules declares the events.
assert DECLARED_IN
HEARS = {"registry": (), "meetings": ("registry",), "notifications": ("registry", "meetings")}
CASES = [(service, on_kafka) for service in HEARS for on_kafka in (False, True)]


def described(service: str, *, on_kafka: bool) -> dict[str, Any]:
    source = f"https://{service}.example.org/api"
    return document(service, source, hears=HEARS[service], on_kafka=on_kafka)
