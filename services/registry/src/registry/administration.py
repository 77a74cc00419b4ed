"""Who manages which machine clients, and what nobody can hand on: more than one has oneself."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from eventkit.auth.principal import ADMIN, TIED, Principal
from eventkit.conflicts import VersionConflict
from eventkit.database import driver, session
from eventkit.domain import Conflict, Forbidden, NotFound
from registry.domain.client import ROLES
from registry.projection.clients import clients

_MANAGED: Mapping[str, frozenset[str]] = {
    "operator": ROLES,
    "organiser": frozenset(
        {"organiser", "steering_group", "moderator", "municipality", "district"}
    ),
    "municipality": frozenset({"municipality"}),
    "district": frozenset({"district"}),
}
# One at a time: each sees which operators the others have left.
TURN = 20_052_201


def manages(caller: Principal, role: str, tenant: str | None) -> bool:
    """Whether clients of this role and tenant are the caller's to manage."""
    is_own = caller.role not in TIED or (caller.tenant is not None and caller.tenant == tenant)
    return is_own and role in _MANAGED.get(caller.role, ())


def managed(caller: Principal) -> sa.ColumnElement[bool]:
    """The same of the rows of `clients`."""
    roles = clients.c.role.in_(sorted(_MANAGED.get(caller.role, ())))
    return sa.and_(roles, clients.c.tenant == caller.tenant) if caller.role in TIED else roles


def require_giving(
    caller: Principal, role: str, tenant: str | None, scopes: Collection[str]
) -> None:
    """Raise Forbidden where a client would be somebody, or do something, that is not to give."""
    if not manages(caller, role, tenant):
        raise Forbidden("forbidden", "You may not register clients of this role or tenant.")
    require_scopes(caller, scopes)


def require_scopes(caller: Principal, scopes: Collection[str]) -> None:
    """Raise Forbidden where a secret would open more than the caller's own token does."""
    if missing := sorted(set(scopes) - caller.scopes):
        raise Forbidden(
            "beyond-your-scopes",
            f"Your token lacks {', '.join(missing)}, so you cannot give it.",
        )


def managed_client(
    connection: sa.Connection, caller: Principal, client_id: str
) -> sa.Row[tuple[object, ...]]:
    """The row of a client; raises NotFound for one that is unknown, or somebody else's."""
    query = sa.select(clients).where(clients.c.client_id == client_id, managed(caller))
    if (row := connection.execute(query).one_or_none()) is None:
        raise NotFound("not-found", "There is no such thing here.")
    return row


@contextmanager
def leaving_an_operator(engine: sa.Engine, client_id: str) -> Iterator[None]:
    """For the revocation of an operator's client, which stands in the block.

    Raises Conflict where nobody would be left who manages clients (`bootstrap` makes one operator,
    once), VersionConflict while another one is being revoked.
    """
    turn = sa.select(sa.func.pg_try_advisory_xact_lock(TURN))
    with session(engine) as connection, driver(connection).transaction():
        if not connection.execute(turn).scalar_one():
            raise VersionConflict
        if _administrators(connection) == {client_id}:
            raise Conflict(
                "last-operator",
                "No other operator's client may manage clients; register one first.",
            )
        yield


def _administrators(connection: sa.Connection) -> set[str]:
    query = sa.select(clients.c.client_id, clients.c.scopes).where(
        clients.c.role == "operator", clients.c.active
    )
    return {row.client_id for row in connection.execute(query) if ADMIN in row.scopes}
