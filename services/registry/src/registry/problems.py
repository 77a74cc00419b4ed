"""What the registry's problem codes mean."""

from collections.abc import Mapping

from eventkit.http.problem_kinds import Kind, already, kind, unknown

PROBLEMS: Mapping[str, Kind] = {
    "already-appointed": already("Contact already appointed"),
    "already-archived": already("Organisation already archived"),
    "already-created": already("Seat already created"),
    "already-decided": already("Programme already decided"),
    "already-planned": already("Cohort already planned"),
    "already-registered": already("Already registered"),
    "already-revoked": already("Client already revoked"),
    "already-taking-part": already("Already taking part"),
    "bad-years": kind("Years in the wrong order", "Name an end that is not before the start.", 422),
    "beyond-your-scopes": kind(
        "More than you may yourself", "Ask for scopes that your own client has.", 403
    ),
    "contact-left": kind("Contact has left", "Name a contact who holds the role today.", 409),
    "contradicting-keys": kind(
        "Keys contradict one another", "Take all keys from one record of the directory.", 422
    ),
    "foreign-contact": kind(
        "Contact of another organisation", "Name a contact of the organisation of the seat.", 422
    ),
    "foreign-party": kind(
        "Not your administration", "You name contacts of your own administration only.", 403
    ),
    "foreign-successor": kind(
        "Successor of another party", "Name a contact of the same party as successor.", 422
    ),
    "key-waits": kind("Key already waits", "Wait until the new key is in use.", 409),
    "last-operator": kind(
        "Last operator", "Register another client of an operator, with `admin`, first.", 409
    ),
    "last-secret": kind("Last secret", "Issue another secret first, or revoke the client.", 409),
    "needless-tenant": kind("Role without tenant", "Leave the tenant out for this role.", 422),
    "no-usable-line": kind(
        "File without usable lines",
        "Upload a GV100AD file in UTF-8, as Destatis publishes it.",
        422,
    ),
    "not-a-local-authority": kind(
        "Not a local authority", "Name a municipality or a district; others take no part.", 422
    ),
    "not-erased": kind("Not erased", "Erase the person first.", 409),
    "outdated-directory": kind(
        "Directory older than the register", "Import a directory of a later date.", 409
    ),
    "own-successor": kind("Own successor", "Name somebody else as successor, or nobody.", 422),
    "role-missing": kind("Role missing", "Say what the contact is there for.", 422),
    "seat-taken": kind("Seat taken", "Vacate the seat first.", 409),
    "seat-vacant": kind("Seat vacant", "Nobody has to leave this seat.", 409),
    "target-reached": kind(
        "Cohort is full", "Say why one more takes part, in `over_target_reason`.", 409
    ),
    "tenant-missing": kind(
        "Tenant missing", "Name the 8 digits of a municipality, the 5 of a district.", 422
    ),
    "two-secrets": kind("Two secrets already", "End one of the two, then issue another.", 409),
    "unknown-client": unknown("Unknown client"),
    "unknown-cohort": unknown("Unknown cohort", 404, 422),
    "unknown-contact": unknown("Unknown contact", 404, 422),
    "unknown-district": unknown("Unknown district", 404, 422),
    "unknown-municipality": unknown("Unknown municipality", 404, 422),
    "unknown-organisation": unknown("Unknown organisation", 404, 422),
    "unknown-participation": unknown("Unknown participation"),
    "unknown-role": kind("Unknown role", "Take one of the roles that the schema lists.", 422),
    "unknown-seat": unknown("Unknown seat"),
}
