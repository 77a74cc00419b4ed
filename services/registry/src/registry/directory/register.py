"""The register that a directory is compared with, and the plan carried out in it."""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from eventkit.domain import Aggregate
from eventkit.recorded import Context
from eventkit.unit import Kit
from registry.directory.plan import Plan, Register
from registry.domain.district import DISTRICT, District
from registry.domain.municipality import MUNICIPALITY, Municipality, MunicipalityFacts
from registry.projection.districts import districts
from registry.projection.municipalities import municipalities

BATCH = 500


def present(connection: sa.Connection) -> Register:
    """Everything the register lists, the inactive included."""
    return Register(
        municipalities={
            row.ags: _municipality(row) for row in connection.execute(sa.select(municipalities))
        },
        districts={
            row.district_key: District(
                name=row.name, kind=row.kind, valid_on=row.valid_on, active=row.active
            )
            for row in connection.execute(sa.select(districts))
        },
    )


def carry_out(kit: Kit, plan: Plan, context: Context) -> Iterator[int]:
    """Execute the plan in batches, a transaction each; yields how many keys each has settled.

    What was settled before a failure stays; the same directory again does the rest.
    """
    for aggregate, changes in (
        (DISTRICT, plan.districts),
        (MUNICIPALITY, plan.municipalities),
    ):
        commands = changes.commands
        for start in range(0, len(commands), BATCH):
            yield _execute(kit, aggregate, commands[start : start + BATCH], context)


def _execute(
    kit: Kit,
    aggregate: Aggregate[Any, Any, Any],
    commands: Sequence[tuple[str, Any]],
    context: Context,
) -> int:
    with kit.unit(context) as unit:
        unit.execute_all(aggregate, commands)
    return len(commands)


def _municipality(row: sa.Row[Any]) -> Municipality:
    facts = MunicipalityFacts(
        ars=row.ars,
        name=row.name,
        kind=row.kind,
        district_key=row.district_key,
        population=row.population,
        area_hectares=row.area_hectares,
        postcode=row.postcode,
    )
    return Municipality(valid_on=row.valid_on, active=row.active, facts=facts)
