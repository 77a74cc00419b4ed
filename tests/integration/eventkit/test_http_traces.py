"""A request's trace goes into its events; an invalid one is not carried on (W3C Trace Context)."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.integration.eventkit.http_calls import plan

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VALID = {
    "sampled": f"00-{TRACE}-{SPAN}-01",
    "not sampled": f"00-{TRACE}-{SPAN}-00",
    "flags of later": f"00-{TRACE}-{SPAN}-ff",
}
INVALID = {
    "nothing": "",
    "a word": "trace",
    "upper case": f"00-{TRACE.upper()}-{SPAN}-01",
    "no trace": f"00-{'0' * 32}-{SPAN}-01",
    "no parent": f"00-{TRACE}-{'0' * 16}-01",
    "version ff": f"ff-{TRACE}-{SPAN}-01",
    "no flags": f"00-{TRACE}-{SPAN}",
    "more than version 00 has": f"00-{TRACE}-{SPAN}-01-more",
    "a short id": f"00-{TRACE[1:]}-{SPAN}-01",
    "no hexadecimal": f"00-{TRACE[1:]}g-{SPAN}-01",
    "two of them": f"00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01",
    "a long one": f"01-{TRACE}-{SPAN}-01-{'x' * 5_000}",
    "a path": "../../etc/passwd",
}


def told(client: httpx.Client, **headers: str) -> dict[str, Any]:
    """The event of a request with these headers, as the feed has it."""
    client.headers.update(headers)
    plan(client)
    (event,) = client.get("/events").json()
    found: dict[str, Any] = event
    return found


@pytest.mark.parametrize("given", VALID.values(), ids=VALID)
def test_a_trace_is_carried_on(client: httpx.Client, given: str) -> None:
    assert told(client, traceparent=given, tracestate="a=1")["traceparent"] == given


def test_of_a_later_version_we_carry_on_what_we_know(client: httpx.Client) -> None:
    given = f"01-{TRACE}-{SPAN}-01-what-comes-later"
    assert told(client, traceparent=given)["traceparent"] == f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize("given", INVALID.values(), ids=INVALID)
def test_a_new_trace_begins_where_none_is_valid(client: httpx.Client, given: str) -> None:
    request_id = uuid4()
    event = told(
        client,
        **{"traceparent": given, "tracestate": "a=1", "x-correlation-id": str(request_id)},
    )
    version, trace, span, flags = event["traceparent"].split("-")
    assert (version, trace, flags) == ("00", request_id.hex, "00")
    assert len(span) == 16
    assert int(span, 16)


def test_tracestate_is_kept_nowhere(client: httpx.Client) -> None:
    event = told(client, traceparent=VALID["sampled"], tracestate="vendor=canary")
    assert "canary" not in str(event)
