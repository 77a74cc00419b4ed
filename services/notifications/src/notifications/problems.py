"""What the problem codes of notifications mean."""

from collections.abc import Mapping

from eventkit.http.problem_kinds import Kind, already, kind, unknown

PROBLEMS: Mapping[str, Kind] = {
    "already-registered": already("Endpoint already registered"),
    "bad-event-type": kind(
        "Unknown event type", "Take types of the catalogue, `meeting.*` for a kind, or `*`.", 422
    ),
    "endpoint-disabled": kind(
        "Endpoint disabled", "Register the address again once it answers.", 409
    ),
    "endpoint-not-allowed": kind(
        "Address not allowed", "Name an https address that the public internet can reach.", 422
    ),
    "endpoint-unresolved": kind(
        "Name without a public address",
        "Check the name, and that the public DNS gives it public addresses alone.",
        422,
    ),
    "two-secrets": kind(
        "Two secrets already", "Wait until `older_secret_until` of the endpoint is over.", 409
    ),
    "unknown-delivery": unknown("Unknown delivery"),
    "unknown-endpoint": unknown("Unknown endpoint"),
}
