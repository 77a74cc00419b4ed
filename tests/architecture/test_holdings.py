"""Whatever names a person in a table is declared, so that an erasure and an export find it."""

import pytest

import meetings.app
import meetings.tables
import notifications.app
import notifications.projection.schema
import registry.app
import registry.tables
from contracts.catalog import event_types
from eventkit.service import Service

TABLES = {
    "registry": registry.tables.metadata,
    "meetings": meetings.tables.metadata,
    "notifications": notifications.projection.schema.METADATA,
}
SERVICES = (registry.app.SERVICE, meetings.app.SERVICE, notifications.app.SERVICE)
OF_SERVICE = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
# The fields that hold a person's id, in events and by other names in tables.
IDS = {of for one in event_types() for of in one.personal.values()} - {"endpoint_id"}
NAMES = IDS | {"recipient_id", "successor_id", "person"}
PERSONAL = {name for one in event_types() for name in one.personal} - {"secret"}


@OF_SERVICE
def test_every_column_with_a_persons_id_is_a_holding(service: Service) -> None:
    tables = TABLES[service.name].tables.values()
    wanted = {(table.name, column.name) for table in tables for column in table.columns}
    declared = {(one.table.name, one.person) for one in service.holdings}
    assert {(t, c) for t, c in wanted if c in NAMES} == declared


@OF_SERVICE
def test_every_sealed_column_of_a_person_is_cleared(service: Service) -> None:
    tables = {one.table for one in service.holdings}
    # Of a meeting, a municipality or an organisation the name is nobody's.
    sealed = {
        (table.name, column.name)
        for table in tables
        for column in table.columns
        if column.name in PERSONAL
    }
    cleared = {(one.table.name, name) for one in service.holdings for name in one.personal}
    assert sealed == cleared


@OF_SERVICE
def test_who_owns_personal_data_is_followed_by_those_who_hold_a_part(service: Service) -> None:
    followers = {
        other.name
        for other in SERVICES
        if any(one.source == service.name for one in other.subscriptions)
    }
    holders = {
        other.name
        for other in SERVICES
        if other is not service and any(one.owner == service.name for one in other.holdings)
    }
    assert holders <= followers
    assert set(service.people.holders if service.people else ()) == holders


def test_every_person_with_personal_fields_can_be_erased() -> None:
    erased = {one.erases for one in event_types() if one.erases}
    assert erased == IDS
