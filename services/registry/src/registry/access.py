"""Whose contacts a caller manages, and whose addresses and reasons a caller reads.

Each is a circle: some roles, and the party itself; a district stands for its municipalities too.
"""

from collections.abc import Mapping

from contracts.events.registry import Party
from eventkit.auth.principal import Principal
from eventkit.domain import Forbidden, Invalid, NotFound
from eventkit.http.views import own_parties
from eventkit.tenants import Circle, circle

EVERY_REASON = frozenset({"organiser", "steering_group", "operator"})
ADDRESSES, REASONS, MANAGING = "addresses", "reasons", "managing"
CIRCLES: Mapping[str, Circle] = {
    # Name, e-mail address and phone number of a contact.
    ADDRESSES: circle("organiser", "service"),
    # What brought a party in, what let it in past the target, why it left.
    REASONS: Circle(EVERY_REASON),
    # To appoint, change and release contacts.
    MANAGING: circle("organiser"),
}


def may_read_address(caller: Principal, party: Party) -> bool:
    return _holds(ADDRESSES, caller, party)


def may_read_reasons(caller: Principal, party: Party) -> bool:
    return _holds(REASONS, caller, party)


def may_manage(caller: Principal, party: Party) -> bool:
    return _holds(MANAGING, caller, party)


def require_naming(caller: Principal, party: Party) -> None:
    """Raise Forbidden unless the caller may name contacts of this party, known or not."""
    if not may_manage(caller, party):
        raise Forbidden("foreign-party", "You name contacts of your own administration only.")


def require_managing(caller: Principal, party: Party | None) -> None:
    """Raise NotFound for a contact that is unknown, or somebody else's: both look the same."""
    if party is None or not may_manage(caller, party):
        raise NotFound("not-found", "There is no such thing here.")


def require_own_successor(caller: Principal, party: Party, pointer: str) -> None:
    """Raise Invalid for somebody else's contact as for an unknown one."""
    if not may_manage(caller, party):
        raise unknown_contact(pointer)


def unknown_contact(pointer: str) -> Invalid:
    return Invalid(
        "unknown-contact", "The register has no active contact with this id.", pointer=pointer
    )


def _holds(name: str, caller: Principal, party: Party) -> bool:
    return CIRCLES[name].holds(caller.role, own_parties(), (party.kind.value, party.key))
