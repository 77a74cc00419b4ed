"""Which parties a caller speaks for, and whose addresses and reasons a caller may read."""

from contracts.events.registry import Party, PartyKind
from eventkit.auth.principal import Principal
from eventkit.domain import Forbidden, NotFound

EVERY_REASON = frozenset({"organiser", "steering_group", "operator"})
EVERY_ADDRESS = frozenset({"organiser", "service"})
_OWN = {"municipality": PartyKind.MUNICIPALITY, "district": PartyKind.DISTRICT}


def own_party(caller: Principal) -> Party | None:
    """The party that the caller's token ties it to; None for roles without a tenant."""
    kind = _OWN.get(caller.role)
    if kind is None or caller.tenant is None:
        return None
    return Party(kind=kind, key=caller.tenant)


def may_read_address(caller: Principal, party: Party) -> bool:
    return caller.role in EVERY_ADDRESS or own_party(caller) == party


def may_read_reasons(caller: Principal, party: Party) -> bool:
    """What brought a party in, what let it in past the target, why it left."""
    return caller.role in EVERY_REASON or own_party(caller) == party


def may_manage(caller: Principal, party: Party) -> bool:
    return caller.role == "organiser" or own_party(caller) == party


def require_naming(caller: Principal, party: Party) -> None:
    """Raise Forbidden unless the caller may name contacts of this party."""
    if not may_manage(caller, party):
        raise Forbidden("foreign-party", "You name contacts of your own administration only.")


def require_managing(caller: Principal, party: Party | None) -> None:
    """Raise NotFound for a contact that is unknown, or somebody else's: both look the same."""
    if party is None or not may_manage(caller, party):
        raise NotFound("not-found", "There is no such thing here.")
