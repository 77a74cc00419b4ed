"""Whose a party is: a municipality's is its own, a district's are its own and its municipalities.

Which municipalities belong to a district the register says, not the form of a key. A municipality
that the register no longer lists belongs to none.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from contracts.visibility import PartyKey
from eventkit.auth.principal import TIED

MUNICIPALITY, DISTRICT = "municipality", "district"


def parties_of(
    sql: sa.Connection, municipalities: sa.Table | None, role: str, tenant: str | None
) -> frozenset[PartyKey]:
    """The parties that a role acts for with this tenant; none where it is tied to none.

    `municipalities` is what the service knows of the register: ags, district_key, active.
    """
    if role not in TIED or tenant is None:
        return frozenset()
    own = frozenset({(role, tenant)})
    if role == MUNICIPALITY or municipalities is None:
        return own
    inside = sa.select(municipalities.c.ags).where(
        municipalities.c.district_key == tenant, municipalities.c.active
    )
    return own | {(MUNICIPALITY, ags) for ags in sql.scalars(inside)}


def is_one_of(
    parties: frozenset[PartyKey], kind: sa.ColumnElement[str], key: sa.ColumnElement[str]
) -> sa.ColumnElement[bool]:
    """The same of the columns of a row."""
    return sa.tuple_(kind, key).in_(sorted(parties)) if parties else sa.false()


@dataclass(frozen=True)
class Circle:
    """Who sees or does something with what belongs to a party: some roles, and the party itself."""

    roles: frozenset[str]

    def holds(self, role: str, own: frozenset[PartyKey], party: PartyKey) -> bool:
        """Whether somebody with this role, who acts for these parties, is inside."""
        return role in self.roles or party in own


def circle(*roles: str) -> Circle:
    return Circle(frozenset(roles))
